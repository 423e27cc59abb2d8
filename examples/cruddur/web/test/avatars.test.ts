import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cssColor, imageFor, initials, srcset, tone, TONES } from '../src/avatars.ts';

const images = [512, 256, 128].map((width) => ({ width, height: width, url: `https://a.example/${width}.jpg` }));

test('initials are the first letters of the first and the last word', () => {
  const cases = [
    ['Ada Lovelace', 'AL'],
    ['ada', 'A'],
    ['Augusta Ada King', 'AK'],
    ['Jean-Luc Picard', 'JP'],
    ['  "Bob"  (he)  ', 'BH'],
    ['Élodie Ångström', 'ÉÅ'],
    ['e\u0301lodie', 'É'.normalize('NFD')],
    ['李小龙', '李'],
    ['7 of 9', '79'],
  ] as const;
  for (const [name, expected] of cases) assert.equal(initials(name, 'handle'), expected, name);
});

test('a name without letters has the initial of the handle', () => {
  assert.equal(initials('🦊 !!', 'fox'), 'F');
});

test('a handle always has the same color, and all colors are used', () => {
  const handles = Array.from({ length: 200 }, (_, n) => `user-${n}`);
  assert.deepEqual(handles.map(tone), handles.map(tone));
  assert.deepEqual([...new Set(handles.map(tone))].sort(), Array.from({ length: TONES }, (_, n) => n));
});

test('srcset lists every image with its width', () => {
  const expected = [128, 256, 512].map((width) => `https://a.example/${width}.jpg ${width}w`).join(', ');
  assert.equal(srcset(images), expected);
});

test('imageFor returns the smallest image that is wide enough, else the largest', () => {
  const cases = [[1, 128], [128, 128], [129, 256], [2000, 512]] as const;
  for (const [pixels, width] of cases) assert.equal(imageFor(images, pixels)?.width, width);
  assert.equal(imageFor([], 96), undefined);
});

test('a malformed color is not used as a style', () => {
  assert.equal(cssColor('a0B1c2'), '#a0B1c2');
  for (const other of [undefined, '', 'fff', 'red', '#a0b1c2', 'a0b1c2;x']) assert.equal(cssColor(other), null);
});
