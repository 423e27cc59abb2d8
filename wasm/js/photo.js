import { RoundelError } from "./error.js";

/** @import { Photo, Pixels } from "./index.js" */
/** A photo in the form in which it is sent to a worker. @typedef {Blob | Uint8Array | Pixels} PhotoData */

/** Copies the bytes, so that they can be moved to a worker while the caller keeps its own. */
export const copyPhoto = (/** @type {Photo} */ photo) => normalize(photo, (bytes) => bytes.slice());

/** Refers to the caller's bytes without copying them. */
export const viewPhoto = (/** @type {Photo} */ photo) => normalize(photo, (bytes) => bytes);

/**
 * @param {Photo} photo
 * @param {(bytes: Uint8Array) => Uint8Array} map applied to the bytes or samples
 * @returns {PhotoData}
 */
function normalize(photo, map) {
  if (isBlob(photo)) return photo;
  if (ArrayBuffer.isView(photo)) return map(bytesOf(photo));
  if (isBuffer(photo)) return map(new Uint8Array(photo));
  if (isPixels(photo)) return { ...checkedSize(photo), data: map(bytesOf(photo.data)) };
  throw new RoundelError(
    "invalid_options",
    `a photo is a Blob, a File, an ArrayBuffer, a Uint8Array or ImageData, not ${typeName(photo)}`,
  );
}

/** The width and height, checked against the number of samples. @param {Pixels} pixels */
function checkedSize({ width, height, data }) {
  const expected = width * height * 4;
  if (width > 0 && height > 0 && data.byteLength === expected) return { width, height };
  const message = `${width}x${height} pixels of 4 bytes need ${expected} bytes, but there are ${data.byteLength}`;
  throw new RoundelError("invalid_options", message);
}

const bytesOf = (/** @type {ArrayBufferView} */ view) =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** The class by its tag: `instanceof` is false for objects of another realm, such as an iframe. @param {unknown} value */
const classTag = (value) => Object.prototype.toString.call(value).slice("[object ".length, -1);

/** @param {unknown} value @returns {value is Blob} */
export const isBlob = (value) => ["Blob", "File"].includes(classTag(value));

/** @param {unknown} value @returns {value is ArrayBuffer} */
const isBuffer = (value) => ["ArrayBuffer", "SharedArrayBuffer"].includes(classTag(value));

/** @param {any} value @returns {value is Pixels} */
export const isPixels = (value) =>
  Number.isInteger(value?.width) && Number.isInteger(value?.height) && ArrayBuffer.isView(value.data);

const typeName = (/** @type {any} */ value) => value?.constructor?.name ?? String(value);

/** The buffers of a photo that can be moved to another thread instead of copied. @param {PhotoData} photo */
export function transferables(photo) {
  if (isBlob(photo)) return [];
  return [photo instanceof Uint8Array ? photo.buffer : photo.data.buffer];
}

/**
 * Reads at most `max + 1` bytes of a file: enough for core to refuse a file that is too long,
 * without the whole file in memory.
 *
 * @param {Blob | Uint8Array} photo
 * @param {number} max
 */
export async function readBytes(photo, max) {
  if (photo instanceof Uint8Array) return photo;
  return new Uint8Array(await photo.slice(0, max + 1).arrayBuffer());
}
