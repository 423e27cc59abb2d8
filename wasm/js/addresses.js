import { hasSimd } from "./simd.js";

/** @import { BuildName } from "./builds.js" */

/**
 * The address of each build. The complete one runs everywhere; that of AVIF needs simd128.
 *
 * Bundlers recognize these exact expressions, so the addresses cannot be computed.
 *
 * @type {Record<Exclude<BuildName, "heic">, () => URL>}
 */
export const ADDRESSES = {
  small: () =>
    hasSimd() ? new URL("./wasm/roundel-simd.wasm", import.meta.url) : new URL("./wasm/roundel.wasm", import.meta.url),
  complete: () => new URL("./wasm/complete.wasm", import.meta.url),
  avif: () => new URL("./wasm/avif.wasm", import.meta.url),
};
