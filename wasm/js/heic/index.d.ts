import type { Decoder } from "../index.js";

/**
 * Decodes HEIC where the browser does not, in a worker and with wasm of its own that are loaded
 * when the first such photo comes: `render(photo, options, { decoders: [heic] })`.
 *
 * It needs simd128. Colours are converted to sRGB; HDR (PQ, HLG) is refused.
 */
export const heic: Decoder;
