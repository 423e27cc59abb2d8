/** The builds of wasm: what each can do, and which one a photo needs. */

import { RoundelError } from "./error.js";

/** @import { Wasm } from "./jobs.js" */
/** @import { WorkerClient } from "./worker-client.js" */
/** @typedef {"small" | "complete" | "avif" | "heic"} BuildName */
/** A build, with its own glue and worker if those of the package do not have it. @typedef {{ name: BuildName, adds: readonly string[], get(signal?: AbortSignal): Promise<WebAssembly.Module>, init(module: WebAssembly.Module | Promise<WebAssembly.Module>): void, glue?: Wasm, client?: WorkerClient }} Build */

/**
 * A build that is loaded once, when it is needed first. A failed load is repeated by the next call.
 *
 * @param {BuildName} name
 * @param {readonly string[]} adds the features that the small build lacks and this one has, as core's errors name them
 * @param {() => Promise<WebAssembly.Module>} load
 * @returns {Build}
 */
export function lazyBuild(name, adds, load) {
  /** @type {Promise<WebAssembly.Module> | undefined} */
  let module;
  return {
    name,
    adds,
    get(signal) {
      module ??= load().catch((error) => {
        module = undefined;
        throw new RoundelError("internal", `roundel's wasm could not be loaded: ${error.message}`);
      });
      return unlessAborted(module, signal);
    },
    init(given) {
      module = Promise.resolve(given);
    },
  };
}

/** Not by class: an app may contain the package twice. @param {any} decoder @returns {decoder is Build} */
export const isBuild = (decoder) => Array.isArray(decoder?.adds);

/** Bytes at the start of a file in which its brands are looked for, as in core. */
export const BRANDS_LENGTH = 256;

/** Brands (ISO/IEC 23008-12, annex B; AV1-ISOBMFF) that name the coding of pictures. @type {[string, string[]][]} */
const BRANDS = [
  ["avif", ["avif", "avis"]],
  ["heic", ["heic", "heix", "heim", "heis", "hevc", "hevx"]],
];

/**
 * The feature of core that reads a file, if its format is in a build of its own: `avif`, `heic`, or `heif` if
 * the brands do not name the coding. The build itself decides; this only spares another one.
 *
 * @param {Uint8Array} start of the file
 */
export function formatFeature(start) {
  const text = String.fromCharCode(...start.subarray(0, BRANDS_LENGTH));
  if (text.slice(4, 8) !== "ftyp") return undefined;
  const length = new DataView(start.buffer, start.byteOffset).getUint32(0);
  const brands = text.slice(8, Math.max(12, length)).match(/[^]{4}/g) ?? [];
  const features = brands.map((brand) => BRANDS.find(([, known]) => known.includes(brand))?.[0]);
  const isHeif = brands.some((brand) => ["mif1", "msf1", "mif2"].includes(brand));
  return features.find(Boolean) ?? (isHeif ? "heif" : undefined);
}

/**
 * Waits for `promise` until `signal` aborts. The work behind the promise goes on, because other
 * calls may wait for it.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
function unlessAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    const stopListening = () => signal?.removeEventListener("abort", abort);
    promise.then(resolve, reject).finally(stopListening);
  });
}
