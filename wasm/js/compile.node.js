import { readFile } from "node:fs/promises";

import { hasSimd } from "./simd.js";

/** The wasm that suits this Node; the complete one suits all. @param {boolean} complete */
export const compile = (complete) =>
  complete
    ? readAndCompile(new URL("./wasm/complete.wasm", import.meta.url))
    : hasSimd()
      ? readAndCompile(new URL("./wasm/roundel-simd.wasm", import.meta.url))
      : readAndCompile(new URL("./wasm/roundel.wasm", import.meta.url));

/** @param {URL} url @returns {Promise<WebAssembly.Module>} */
export const readAndCompile = async (url) => WebAssembly.compile(await readFile(url));
