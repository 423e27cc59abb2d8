import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Architecture } from 'aws-cdk-lib/aws-lambda';

import { functionPackage } from '../lib/function-package.ts';
import { ARM_64, elfHeader, functionPackages, temporaryFolder, X86_64, zipOf } from './function-packages.ts';

test('the architecture is that of the program in the zip', () => {
  const architecture = (machine: number) => functionPackage(functionPackages(machine), 'process').architecture;
  assert.equal(architecture(X86_64), Architecture.X86_64);
  assert.equal(architecture(ARM_64), Architecture.ARM_64);
});

test('the error for a missing zip names the command that writes it', () => {
  assert.throws(
    () => functionPackage('/nowhere', 'presign'),
    /roundel-presign\.zip is missing: run `make lambda functions`/,
  );
});

test('a zip that Lambda could not start is refused', () => {
  // The data of the only file begins after its header (30 bytes) and its name (9 bytes).
  const damaged = zipOf('bootstrap', Buffer.alloc(200, elfHeader(X86_64))).fill(0xff, 39, 60);
  const contents = {
    empty: Buffer.alloc(0),
    text: Buffer.from('not a zip at all, and longer than a header'),
    damaged,
    node: zipOf('index.js', elfHeader(X86_64)),
    mips: zipOf('bootstrap', elfHeader(8)),
    short: zipOf('bootstrap', Buffer.alloc(4)),
  };
  for (const [name, content] of Object.entries(contents)) {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'roundel-process.zip'), content);
    assert.throws(() => functionPackage(folder, 'process'), /holds no `bootstrap`/, name);
  }
});
