/** What an avatar is shown as, from numbers and texts alone. */

import type { Image } from './types.ts';

/** How many colours there are behind initials: `.tone-0` and so on in style.css. */
export const TONES = 8;

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** First letters of the first and the last word; of the handle where a name has none. */
export function initials(name: string, handle: string): string {
  const words = name.split(/[\s\p{P}]+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  const letters = chosen.map((word) => first(word ?? '')).join('');
  return (letters || first(handle)).toLocaleUpperCase('en');
}

function first(word: string): string {
  for (const { segment } of segments.segment(word)) return segment;
  return '';
}

/** The same colour for the same person, always (FNV-1a). */
export function tone(handle: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(handle)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % TONES;
}

/** `url 512w, url 256w`, the smallest first. */
export function srcset(images: readonly Image[]): string {
  const sorted = [...images].sort((a, b) => a.width - b.width);
  return sorted.map(({ url, width }) => `${url} ${width}w`).join(', ');
}

/** The smallest image with enough pixels, else the largest. */
export function imageFor(images: readonly Image[], pixels: number): Image | undefined {
  const sorted = [...images].sort((a, b) => a.width - b.width);
  return sorted.find(({ width }) => width >= pixels) ?? sorted.at(-1);
}

/** A colour of the servers', if it is one. */
export function cssColor(color: string | undefined): string | null {
  return color && /^[0-9a-f]{6}$/i.test(color) ? `#${color}` : null;
}
