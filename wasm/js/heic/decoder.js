import { RoundelError } from "../error.js";
import { copyPhoto, isBlob, isPixels, readBytes, viewPhoto } from "../photo.js";
import { hasSimd } from "../simd.js";
import { WorkerClient } from "../worker-client.js";

/** @import { Decoder, Photo } from "../index.js" */
/** @import { Worker, WorkerEvents } from "../worker-client.js" */

/** Brands of HEVC-coded images (ISO/IEC 23008-12, B.4), and those that do not name the coding. */
const BRANDS = ["heic", "heix", "heim", "heis", "mif1", "msf1", "mif2"];
/** Bytes that are searched for brands: a `ftyp` box with up to 12 of them. */
const HEADER_LENGTH = 64;

/**
 * @param {() => Promise<WebAssembly.Module>} compileWasm
 * @param {(events: WorkerEvents) => Worker} startWorker
 * @returns {Decoder}
 */
export function createDecoder(compileWasm, startWorker) {
  const client = new WorkerClient(startWorker);
  return {
    async decode(photo, options = {}, { signal } = {}) {
      if (!(await isHeic(photo)) || !hasSimd()) return undefined;
      const copy = copyPhoto(photo);
      const module = await compileWasm().catch(throwNotLoaded);
      signal?.throwIfAborted();
      const job = { kind: "decode", module, complete: true, photo: copy, options: JSON.stringify(options) };
      // A HEIC is decoded whole. Terminating the worker returns that memory.
      return client.run(job, { signal }).finally(() => client.terminateIfIdle());
    },
  };
}

/** @param {Error} error @returns {never} */
function throwNotLoaded(error) {
  throw new RoundelError("internal", `roundel's HEIC decoder could not be loaded: ${error.message}`);
}

/** Whether the `ftyp` box has a brand of HEIC and none of AVIF. @param {Photo} photo */
async function isHeic(photo) {
  const view = viewPhoto(photo);
  if (isPixels(view)) return false;
  const header = isBlob(view) ? await readBytes(view, HEADER_LENGTH - 1) : view.subarray(0, HEADER_LENGTH);
  const text = String.fromCharCode(...header.subarray(4));
  return text.startsWith("ftyp") && BRANDS.some((brand) => text.includes(brand)) && !text.includes("avif");
}
