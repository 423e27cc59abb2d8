import { readFile } from "node:fs/promises";

import { hasSimd } from "./simd.js";

/** Reads and compiles the wasm that suits this Node. @returns {Promise<WebAssembly.Module>} */
export async function compile() {
  const url = hasSimd()
    ? new URL("./wasm/roundel-simd.wasm", import.meta.url)
    : new URL("./wasm/roundel.wasm", import.meta.url);
  return WebAssembly.compile(await readFile(url));
}
