import { readFile } from "node:fs/promises";

import { hasSimd } from "./simd.js";

/** Compiles the build of wasm that suits this Node; the complete build runs in all. @param {boolean} complete */
export const compileWasm = (complete) =>
  complete
    ? readAndCompile(new URL("./wasm/complete.wasm", import.meta.url))
    : hasSimd()
      ? readAndCompile(new URL("./wasm/roundel-simd.wasm", import.meta.url))
      : readAndCompile(new URL("./wasm/roundel.wasm", import.meta.url));

/** @param {URL} url @returns {Promise<WebAssembly.Module>} */
export const readAndCompile = async (url) => WebAssembly.compile(await readFile(url));
