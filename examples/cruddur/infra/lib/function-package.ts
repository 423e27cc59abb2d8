/** The zips of the functions, which `make lambda functions` writes. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Architecture, Code } from 'aws-cdk-lib/aws-lambda';
import { unzipSync } from 'fflate';

/** The code of a function, and the processor that it is compiled for. */
export interface FunctionPackage {
  readonly code: Code;
  readonly architecture: Architecture;
}

/** The field `e_machine` of an ELF header, at offset 18. */
const ARCHITECTURES = new Map([
  [62, Architecture.X86_64],
  [183, Architecture.ARM_64],
]);
const ELF_MAGIC = 0x7f454c46;

/**
 * Reads `roundel-<name>.zip` in a folder.
 *
 * @throws Error which says what to run, if the zip is missing or Lambda could not start it.
 */
export function functionPackage(folder: string, name: string): FunctionPackage {
  const path = join(folder, `roundel-${name}.zip`);
  if (!existsSync(path)) {
    throw new Error(
      `${path} is missing: run \`make lambda functions\` in the root of the repository, or set THUMBING_FUNCTION_PATH`,
    );
  }
  const architecture = architectureOf(readFileSync(path));
  if (!architecture) {
    throw new Error(
      `${path} holds no \`bootstrap\` for x86-64 or arm64: run \`make lambda functions\` again`,
    );
  }
  return { code: Code.fromAsset(path), architecture };
}

/** The architecture of the ELF file `bootstrap` in a zip; `undefined` if there is none. */
function architectureOf(zip: Uint8Array): Architecture | undefined {
  const elf = Buffer.from(readEntry(zip, 'bootstrap') ?? []);
  if (elf.length < 20 || elf.readUInt32BE(0) !== ELF_MAGIC) return undefined;
  return ARCHITECTURES.get(elf.readUInt16LE(18));
}

function readEntry(zip: Uint8Array, name: string): Uint8Array | undefined {
  try {
    return unzipSync(zip, { filter: (entry) => entry.name === name })[name];
  } catch {
    return undefined; // not a zip, or a damaged one
  }
}
