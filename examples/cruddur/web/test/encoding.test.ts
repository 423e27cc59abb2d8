import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { base64ToBytes, hexToBase64 } from '../src/encoding.ts';

test('a digest in hexadecimal is the same in base64', () => {
  for (const text of ['', 'a', 'avatar']) {
    const hash = createHash('sha256').update(text);
    const digest = hash.digest();
    assert.equal(hexToBase64(digest.toString('hex')), digest.toString('base64'));
  }
});

test('what is not hexadecimal is no digest', () => {
  for (const wrong of ['0', 'zz', '0x00']) assert.throws(() => hexToBase64(wrong), TypeError);
});

test('base64 gives the bytes', () => {
  assert.deepEqual([...base64ToBytes('AP+A')], [0, 255, 128]);
});
