// jSquash asks wasm-feature-detect for simd and threads; threads only matter to its other codecs.
export const simd = async () => true;
export const threads = async () => false;
