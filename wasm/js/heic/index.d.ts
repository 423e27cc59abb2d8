import type { Decoder } from "../index.js";

/**
 * Decodes HEIC where the browser cannot: `render(photo, options, { decoders: [heic] })`.
 *
 * It runs in a worker of its own. The worker and its wasm are loaded for the first HEIC. It needs
 * simd128. Colors are converted to sRGB; HDR (PQ, HLG) is refused.
 */
export const heic: Decoder;
