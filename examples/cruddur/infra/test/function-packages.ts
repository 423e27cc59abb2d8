/** Stand-ins for what `make lambda` writes: a zip with an ELF header in it, and no program. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';

export const X86_64 = 62;
export const ARM_64 = 183;

/** A folder that is gone with the tests. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'cruddur-zips-'));
  process.on('exit', () => rmSync(made, { recursive: true }));
  return made;
}

/** The first 20 bytes of a program for this machine. */
export function elf(machine: number): Buffer {
  const header = Buffer.alloc(20);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(machine, 18);
  return header;
}

/** A zip with one local file, as far as its reader looks. */
export function zip(name: string, content: Buffer): Buffer {
  const compressed = deflateRawSync(content);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(compressed.length, 18);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), compressed]);
}

/** A folder with the three functions for one machine. */
export function zips(machine = X86_64): string {
  const into = folder();
  for (const name of ['process', 'presign', 'authorizer']) {
    writeFileSync(join(into, `roundel-${name}.zip`), zip('bootstrap', elf(machine)));
  }
  return into;
}
