/** Calls heic.wasm in this thread. */

import { RoundelError } from "../error.js";
import { read } from "../photo.js";
import init, { __wbg_reset_state, Photo } from "./wasm/heic.js";

/** @import { Job } from "../worker-client.js" */

/** @param {Job} job */
export async function perform({ module, photo, options }) {
  const { limits = {} } = JSON.parse(options);
  await init({ module_or_path: module });
  const bytes = await read(/** @type {Blob | Uint8Array} */ (photo), limits.input_bytes ?? Infinity);
  const { width, height, data } = decode(bytes, limits.pixels ?? 0);
  return { result: { width, height, data }, movable: [data.buffer] };
}

/**
 * @param {Uint8Array} bytes
 * @param {number} pixels at most; 0 is heifer's own limit
 */
function decode(bytes, pixels) {
  try {
    const photo = new Photo(bytes, pixels);
    const { width, height } = photo;
    const data = /** @type {Uint8Array<ArrayBuffer>} */ (photo.takeSamples());
    return { width, height, data };
  } catch (error) {
    if (typeof error === "string") throw refusal(error, pixels);
    __wbg_reset_state(); // it trapped, and another job may wait
    throw new RoundelError("malformed", "HEIC: it cannot be decoded");
  }
}

/** @param {string} error a code, a space, and why @param {number} pixels */
function refusal(error, pixels) {
  const [code] = /** @type {[import("../error.js").Code]} */ (error.split(" ", 1));
  const facts = /** @type {const} */ ({ limit: "pixels", allowed: pixels || undefined });
  return new RoundelError(code, `HEIC: ${error.slice(code.length + 1)}`, code === "limit_exceeded" ? facts : {});
}
