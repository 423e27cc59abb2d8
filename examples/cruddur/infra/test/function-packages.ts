/** Zips like those of `make lambda functions`: each contains an ELF header instead of a program. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { zipSync } from 'fflate';

export const X86_64 = 62;
export const ARM_64 = 183;

/** A temporary folder that is removed when the tests end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cruddur-zips-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  return folder;
}

/** The first 20 bytes of an ELF file for this machine. */
export function elfHeader(machine: number): Buffer {
  const header = Buffer.alloc(20);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(machine, 18);
  return header;
}

/** A zip with one file. */
export function zipOf(name: string, content: Uint8Array): Uint8Array {
  return zipSync({ [name]: content });
}

/** A folder with the zips of the three functions for one machine. */
export function functionPackages(machine = X86_64): string {
  const folder = temporaryFolder();
  for (const name of ['process', 'presign', 'authorizer']) {
    writeFileSync(join(folder, `roundel-${name}.zip`), zipOf('bootstrap', elfHeader(machine)));
  }
  return folder;
}
