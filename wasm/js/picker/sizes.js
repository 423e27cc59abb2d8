/** @import { Size, SizeOption } from "./types.js" */

/**
 * Reads the attribute `sizes`: sides in pixels or `WIDTHxHEIGHT`, with spaces or commas between.
 *
 * What cannot be read is passed on as it is, so that core refuses it by name.
 *
 * @param {string | null} text
 * @returns {SizeOption[]} 256 alone where nothing is said
 */
export function parseSizes(text) {
  const words = (text ?? "").split(/[\s,]+/).filter(Boolean);
  return words.length ? words.map(parseSize) : [256];
}

/** @param {string} word @returns {SizeOption} */
function parseSize(word) {
  const sides = word.split(/[x×]/i).map(Number);
  return sides.length === 1 ? sides[0] : /** @type {[number, number]} */ (sides);
}

/** Width and height of an entry of `sizes`. @param {SizeOption} size @returns {Size} */
export function sidesOf(size) {
  const [width, height] = Array.isArray(size) ? size : [size, size];
  return { width, height };
}

/**
 * The proportions of the crop: those of the first size, a square's if they make no sense.
 *
 * @param {SizeOption[]} sizes
 */
export function ratioOf(sizes) {
  const { width, height } = sidesOf(sizes[0]);
  const ratio = width / height;
  return ratio > 0 && Number.isFinite(ratio) ? ratio : 1;
}
