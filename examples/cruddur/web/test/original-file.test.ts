import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UserError } from '../src/errors.ts';
import { extensionOf, megabytes, maxUploadBytes } from '../src/original-file.ts';

const file = (name: string, type = '', size = 1) => ({ name, type, size });

test('the extension comes from the type, or from the name if the type is unknown', () => {
  const cases = [
    [file('photo', 'image/jpeg'), 'jpg'],
    [file('photo.png', 'image/webp'), 'webp'],
    [file('a.bmp', 'image/x-ms-bmp'), 'bmp'],
    [file('holiday.JPEG'), 'jpeg'],
    [file('a.b.gif'), 'gif'],
  ] as const;
  for (const [given, extension] of cases) assert.equal(extensionOf(given), extension, given.name);
});

test('other file types are refused with their name', () => {
  const cases = [
    [file('photo.jpg', 'image/heic'), /\(HEIC\).*JPEG/],
    [file('a.svg', 'image/svg+xml'), /\(SVG\)/],
    [file('a.tiff'), /\(TIFF\)/],
    [file('constructor', 'constructor'), /cannot be sent/],
    [file('jpg'), /This file type cannot/],
    [file('a.<b>'), /This file type cannot/],
  ] as const;
  for (const [given, message] of cases) {
    assert.throws(() => extensionOf(given), (error: Error) => error instanceof UserError && message.test(error.message));
  }
});

test('an empty file is refused', () => {
  assert.throws(() => extensionOf(file('a.jpg', 'image/jpeg', 0)), /empty/);
});

test('maxUploadBytes reads the limit from the policy of a form', () => {
  const conditions = [{ bucket: 'b' }, ['content-length-range', 1, 20971520]];
  assert.equal(maxUploadBytes({ policy: btoa(JSON.stringify({ conditions })) }), 20971520);
});

test('a form without a readable limit has none', () => {
  for (const fields of [{}, { policy: '%' }, { policy: btoa('{}') }, { policy: btoa('{"conditions":[]}') }]) {
    assert.equal(maxUploadBytes(fields as Record<string, string>), Infinity);
  }
});

test('sizes are rounded to two digits', () => {
  assert.equal(megabytes(20971520), '21 MB');
  assert.equal(megabytes(1_240_000), '1.2 MB');
});
