/** @import { Size, SizeOption } from "./types.js" */

/**
 * Parses the attribute `sizes`: sides in pixels or `WIDTHxHEIGHT`, separated by spaces or commas.
 *
 * Invalid sizes are passed on, so that core refuses them with a message.
 *
 * @param {string | null} text
 * @returns {SizeOption[]} 256 alone if the text is empty
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
export function toSize(size) {
  const [width, height] = Array.isArray(size) ? size : [size, size];
  return { width, height };
}

/**
 * The aspect ratio of the crop: that of the first size, or 1 if the size is invalid.
 *
 * @param {SizeOption[]} sizes
 */
export function aspectRatioOf(sizes) {
  const { width, height } = toSize(sizes[0]);
  const aspectRatio = width / height;
  return aspectRatio > 0 && Number.isFinite(aspectRatio) ? aspectRatio : 1;
}
