import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { base64ToBytes, hexToBase64 } from '../src/encoding.ts';

test('hexToBase64 converts a digest', () => {
  for (const text of ['', 'a', 'avatar']) {
    const hash = createHash('sha256').update(text);
    const digest = hash.digest();
    assert.equal(hexToBase64(digest.toString('hex')), digest.toString('base64'));
  }
});

test('hexToBase64 refuses other characters and an odd length', () => {
  for (const invalid of ['0', 'zz', '0x00']) assert.throws(() => hexToBase64(invalid), TypeError);
});

test('base64ToBytes decodes base64', () => {
  assert.deepEqual([...base64ToBytes('AP+A')], [0, 255, 128]);
});
