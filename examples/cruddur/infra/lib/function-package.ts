/** The functions' zips, as `make lambda` writes them. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

import { Architecture, Code } from 'aws-cdk-lib/aws-lambda';

/** A program for Lambda, and the processor that it was built for. */
export interface Program {
  readonly code: Code;
  readonly architecture: Architecture;
}

/** `e_machine` of an ELF header. */
const MACHINES = new Map([
  [62, Architecture.X86_64],
  [183, Architecture.ARM_64],
]);
const STORED = 0;
const DEFLATED = 8;

/**
 * The program `roundel-<name>.zip` of a folder.
 *
 * @throws Error saying what to run where there is none, or none that Lambda could start.
 */
export function program(folder: string, name: string): Program {
  const path = join(folder, `roundel-${name}.zip`);
  if (!existsSync(path)) {
    throw new Error(
      `${path} is missing: run \`make lambda\` in the root of the repository, or set THUMBING_FUNCTION_PATH`,
    );
  }
  const architecture = MACHINES.get(machine(readFileSync(path)) ?? 0);
  if (!architecture) {
    throw new Error(
      `${path} holds no \`bootstrap\` for x86-64 or arm64: run \`make lambda\` again`,
    );
  }
  return { code: Code.fromAsset(path), architecture };
}

/** The machine that the first file of a zip is for; `undefined` unless that is an ELF `bootstrap`. */
function machine(zip: Buffer): number | undefined {
  // Local file header: signature, method at 8, compressed size at 18, lengths of name and extra.
  if (zip.length < 30 || zip.readUInt32LE(0) !== 0x04034b50) return undefined;
  const name = 30 + zip.readUInt16LE(26);
  if (zip.toString('utf8', 30, name) !== 'bootstrap') return undefined;
  const start = name + zip.readUInt16LE(28);
  const content = inflated(zip.readUInt16LE(8), zip.subarray(start, start + zip.readUInt32LE(18)));
  if (!content || content.length < 20 || content.readUInt32BE(0) !== 0x7f454c46) return undefined;
  return content.readUInt16LE(18);
}

function inflated(method: number, bytes: Buffer): Buffer | undefined {
  if (method === STORED) return bytes;
  if (method !== DEFLATED) return undefined;
  try {
    return inflateRawSync(bytes);
  } catch {
    return undefined;
  }
}
