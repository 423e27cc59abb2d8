import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Architecture } from 'aws-cdk-lib/aws-lambda';

import { program } from '../lib/function-package.ts';
import { ARM_64, elf, folder, X86_64, zip, zips } from './function-packages.ts';

test('the architecture is that of the program', () => {
  assert.equal(program(zips(X86_64), 'process').architecture, Architecture.X86_64);
  assert.equal(program(zips(ARM_64), 'process').architecture, Architecture.ARM_64);
});

test('a missing zip names the command that writes it', () => {
  assert.throws(
    () => program('/nowhere', 'presign'),
    /roundel-presign\.zip is missing: run `make lambda`/,
  );
});

test('what Lambda could not start is refused', () => {
  const other = elf(8);
  const broken = zip('bootstrap', elf(X86_64));
  broken.fill(0xff, 39);
  const contents = {
    empty: Buffer.alloc(0),
    text: Buffer.from('no zip at all, and longer than a header'),
    broken,
  };
  const named = {
    handler: zip('index.js', elf(X86_64)),
    mips: zip('bootstrap', other),
    short: zip('bootstrap', Buffer.alloc(4)),
  };
  for (const [name, content] of Object.entries({ ...contents, ...named })) {
    const into = folder();
    writeFileSync(join(into, 'roundel-process.zip'), content);
    assert.throws(() => program(into, 'process'), /holds no `bootstrap`/, name);
  }
});
