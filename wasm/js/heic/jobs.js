/** Decodes HEIC in wasm, in this thread. */

import { limitExceeded, RoundelError } from "../error.js";
import { readBytes } from "../photo.js";
import init, { __wbg_reset_state, DecodedPhoto } from "./wasm/heic.js";

/** @import { ErrorCode } from "../error.js" */
/** @import { Job } from "../worker-client.js" */

/** @param {Job} job */
export async function runJob({ module, photo, options }) {
  const { limits = {} } = JSON.parse(options);
  await init({ module_or_path: module });
  const bytes = await readBytes(/** @type {Blob | Uint8Array} */ (photo), limits.input_bytes ?? Infinity);
  const pixels = decode(bytes, limits.pixels);
  return { result: pixels, transfer: [pixels.data.buffer] };
}

/**
 * @param {Uint8Array} bytes
 * @param {number} [maxPixels] heifer's own limit by default
 */
function decode(bytes, maxPixels) {
  try {
    const photo = new DecodedPhoto(bytes, maxPixels);
    const { width, height } = photo;
    const data = /** @type {Uint8Array<ArrayBuffer>} */ (photo.takeSamples());
    return { width, height, data };
  } catch (error) {
    if (typeof error === "string") throw toRoundelError(error);
    // Wasm cannot unwind: after a trap the instance is discarded, because another job may wait.
    __wbg_reset_state();
    throw new RoundelError("malformed", "HEIC: this file cannot be decoded");
  }
}

/** @param {string} error the code, and the two numbers of the limit or the reason */
function toRoundelError(error) {
  const [code, ...words] = error.split(" ");
  if (code === "limit_exceeded") return limitExceeded("pixels", Number(words[0]), Number(words[1]));
  return new RoundelError(/** @type {ErrorCode} */ (code), `HEIC: ${words.join(" ")}`);
}
