/** Initials, colors and image sizes of avatars. Pure functions, without the DOM. */

import type { AvatarImage } from './types.ts';

/** Number of background colors for initials: `.tone-0`, `.tone-1`, ... in style.css. */
export const TONES = 8;

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The first letters of the first and the last word of the name; else the first letter of the handle. */
export function initials(name: string, handle: string): string {
  const words = name.split(/[\s\p{P}]+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  const letters = chosen.map((word) => firstGrapheme(word ?? '')).join('');
  return (letters || firstGrapheme(handle)).toLocaleUpperCase('en');
}

function firstGrapheme(word: string): string {
  for (const { segment } of segments.segment(word)) return segment;
  return '';
}

/** A color index that depends on the handle only (FNV-1a hash). */
export function tone(handle: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(handle)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % TONES;
}

/** The value of `srcset`: `url 256w, url 512w`, the smallest first. */
export function srcset(images: readonly AvatarImage[]): string {
  const sorted = [...images].sort((a, b) => a.width - b.width);
  return sorted.map(({ url, width }) => `${url} ${width}w`).join(', ');
}

/** The smallest image that is at least `pixels` wide, else the largest. */
export function imageFor(images: readonly AvatarImage[], pixels: number): AvatarImage | undefined {
  const sorted = [...images].sort((a, b) => a.width - b.width);
  return sorted.find(({ width }) => width >= pixels) ?? sorted.at(-1);
}

/** The CSS color for `rrggbb`; null if the value is malformed. */
export function cssColor(color: string | undefined): string | null {
  return color && /^[0-9a-f]{6}$/i.test(color) ? `#${color}` : null;
}
