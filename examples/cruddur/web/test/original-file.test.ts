import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Told } from '../src/errors.ts';
import { extensionOf, megabytes, mostBytes } from '../src/original-file.ts';

const file = (name: string, type = '', size = 1) => ({ name, type, size });

test('the extension follows the type, and the name where the type is not known', () => {
  const cases = [
    [file('photo', 'image/jpeg'), 'jpg'],
    [file('photo.png', 'image/webp'), 'webp'],
    [file('a.bmp', 'image/x-ms-bmp'), 'bmp'],
    [file('holiday.JPEG'), 'jpeg'],
    [file('a.b.gif'), 'gif'],
  ] as const;
  for (const [given, extension] of cases) assert.equal(extensionOf(given), extension, given.name);
});

test('other kinds are refused by name before anything is sent', () => {
  const cases = [
    [file('photo.jpg', 'image/heic'), /\(HEIC\).*JPEG/],
    [file('a.svg', 'image/svg+xml'), /\(SVG\)/],
    [file('a.tiff'), /\(TIFF\)/],
    [file('constructor', 'constructor'), /cannot be sent/],
    [file('jpg'), /This kind of file cannot/],
    [file('a.<b>'), /This kind of file cannot/],
  ] as const;
  for (const [given, message] of cases) {
    assert.throws(() => extensionOf(given), (error: Error) => error instanceof Told && message.test(error.message));
  }
});

test('an empty file is refused as such', () => {
  assert.throws(() => extensionOf(file('a.jpg', 'image/jpeg', 0)), /empty/);
});

test('a form says how much it takes', () => {
  const conditions = [{ bucket: 'b' }, ['content-length-range', 1, 20971520]];
  assert.equal(mostBytes({ policy: btoa(JSON.stringify({ conditions })) }), 20971520);
});

test('a form that does not say it is tried', () => {
  for (const fields of [{}, { policy: '%' }, { policy: btoa('{}') }, { policy: btoa('{"conditions":[]}') }]) {
    assert.equal(mostBytes(fields as Record<string, string>), Infinity);
  }
});

test('sizes are told with no more digits than anybody needs', () => {
  assert.equal(megabytes(20971520), '21 MB');
  assert.equal(megabytes(1_240_000), '1.2 MB');
});
