import { RoundelError } from "../error.js";
import { borrow, isBlob, isPixels, own, read } from "../photo.js";
import { hasSimd } from "../simd.js";
import { Thread } from "../worker-client.js";

/** @import { Call, Decoder, Input, Options } from "../index.js" */
/** @import { Listener, Worker } from "../worker-client.js" */

/** Brands of HEVC-coded images (ISO/IEC 23008-12, B.4), and those that leave the coding open. */
const BRANDS = ["heic", "heix", "heim", "heis", "mif1", "msf1", "mif2"];

/**
 * @param {() => Promise<WebAssembly.Module>} compile
 * @param {(listener: Listener) => Worker} start
 * @returns {Decoder}
 */
export function decoder(compile, start) {
  const thread = new Thread(start);
  return {
    async decode(input, options = {}, { signal } = {}) {
      if (!(await claims(input)) || !hasSimd()) return undefined;
      const photo = own(input);
      const module = await compile().catch(notLoaded);
      signal?.throwIfAborted();
      const job = { kind: "decode", module, complete: true, photo, options: JSON.stringify(options) };
      // The memory of a large photo goes with the worker.
      return thread.run(job, { signal }).finally(() => thread.rest());
    },
  };
}

/** @param {Error} error @returns {never} */
function notLoaded(error) {
  throw new RoundelError("internal", `roundel's HEIC decoder could not be loaded: ${error.message}`);
}

/** Whether this may be a HEIC, by its ftyp box. @param {Input} input */
async function claims(input) {
  const photo = borrow(input);
  if (isPixels(photo)) return false;
  const head = isBlob(photo) ? await read(photo, 63) : photo.subarray(0, 64);
  const text = String.fromCharCode(...head.subarray(4));
  return text.startsWith("ftyp") && BRANDS.some((brand) => text.includes(brand)) && !text.includes("avif");
}
