import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cssColor, imageFor, initials, srcset, tone, TONES } from '../src/avatars.ts';

const images = [512, 256, 128].map((width) => ({ width, height: width, url: `https://a.example/${width}.jpg` }));

test('initials are those of the first and the last word', () => {
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

test('a name without letters is shown by the handle', () => {
  assert.equal(initials('🦊 !!', 'fox'), 'F');
});

test('a person keeps their colour, and all colours are used', () => {
  const handles = Array.from({ length: 200 }, (_, n) => `user-${n}`);
  assert.deepEqual(handles.map(tone), handles.map(tone));
  assert.deepEqual([...new Set(handles.map(tone))].sort(), Array.from({ length: TONES }, (_, n) => n));
});

test('srcset names every image by its width', () => {
  const expected = [128, 256, 512].map((width) => `https://a.example/${width}.jpg ${width}w`).join(', ');
  assert.equal(srcset(images), expected);
});

test('the smallest image that is large enough is taken, else the largest', () => {
  const cases = [[1, 128], [128, 128], [129, 256], [2000, 512]] as const;
  for (const [pixels, width] of cases) assert.equal(imageFor(images, pixels)?.width, width);
  assert.equal(imageFor([], 96), undefined);
});

test('what is no colour does not reach the style', () => {
  assert.equal(cssColor('a0B1c2'), '#a0B1c2');
  for (const other of [undefined, '', 'fff', 'red', '#a0b1c2', 'a0b1c2;x']) assert.equal(cssColor(other), null);
});
