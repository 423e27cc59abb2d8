import type { FormatDecoder } from "../index.js";

/**
 * Reads HEIC: `render(photo, options, { decoders: [heic] })`. Avatars have the same bytes as in Rust with the
 * feature `heic`.
 *
 * HEVC, the coding of HEIC, is patented. So its decoder is only in apps that import it. It is loaded for the
 * first HEIC, and needs simd128.
 */
export const heic: FormatDecoder;
