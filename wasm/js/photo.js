import { RoundelError } from "./error.js";

/** @import { Input, Pixels } from "./index.js" */
/** A photo as it crosses between threads. @typedef {Blob | Uint8Array | Pixels} Photo */

/** Bytes are copied, so that they may cross to the worker and stay the caller's. */
export const own = (/** @type {Input} */ input) => checked(input, (view) => view.slice());

/** Bytes are borrowed. */
export const borrow = (/** @type {Input} */ input) => checked(input, (view) => view);

/**
 * @param {Input} input
 * @param {(view: Uint8Array) => Uint8Array} take
 * @returns {Photo}
 */
function checked(input, take) {
  if (isBlob(input)) return input;
  if (ArrayBuffer.isView(input)) return take(viewed(input));
  if (isBuffer(input)) return take(new Uint8Array(input));
  if (isPixels(input)) return { ...measured(input), data: take(viewed(input.data)) };
  throw new RoundelError(
    "invalid_options",
    `a photo is a Blob, a File, an ArrayBuffer, a Uint8Array or ImageData, not ${named(input)}`,
  );
}

/** Width and height, if that is how many samples there are. @param {Pixels} pixels */
function measured({ width, height, data }) {
  const wanted = width * height * 4;
  if (width > 0 && height > 0 && data.byteLength === wanted) return { width, height };
  const message = `${width}x${height} pixels of 4 bytes take ${wanted} bytes, not ${data.byteLength}`;
  throw new RoundelError("invalid_options", message);
}

const viewed = (/** @type {ArrayBufferView} */ view) =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** By its tag and not by its class, for it may come from another realm (an iframe). @param {unknown} input */
const tag = (input) => Object.prototype.toString.call(input).slice("[object ".length, -1);

/** @param {unknown} input @returns {input is Blob} */
export const isBlob = (input) => ["Blob", "File"].includes(tag(input));

/** @param {unknown} input @returns {input is ArrayBuffer} */
const isBuffer = (input) => ["ArrayBuffer", "SharedArrayBuffer"].includes(tag(input));

/** @param {any} input @returns {input is Pixels} */
export const isPixels = (input) =>
  Number.isInteger(input?.width) && Number.isInteger(input?.height) && ArrayBuffer.isView(input.data);

const named = (/** @type {any} */ input) => input?.constructor?.name ?? String(input);

/** What of a photo can be moved to another thread and not copied. @param {Photo} photo */
export function movable(photo) {
  if (isBlob(photo)) return [];
  return [photo instanceof Uint8Array ? photo.buffer : photo.data.buffer];
}

/**
 * The bytes of a file, but not more than one beyond `most`: core then refuses it as too long, and
 * the rest was never in memory.
 *
 * @param {Blob | Uint8Array} photo
 * @param {number} most
 */
export async function read(photo, most) {
  if (photo instanceof Uint8Array) return photo;
  return new Uint8Array(await photo.slice(0, most + 1).arrayBuffer());
}
