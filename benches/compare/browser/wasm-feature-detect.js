// Replaces the package of this name, which jSquash uses. Only its other codecs use threads.
export const simd = async () => true;
export const threads = async () => false;
