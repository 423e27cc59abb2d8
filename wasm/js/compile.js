import { hasSimd } from "./simd.js";

/** The wasm that suits this browser; the complete one suits all. @param {boolean} complete */
export const compile = (complete) =>
  // Bundlers look for exactly this spelling.
  complete
    ? fetched(new URL("./wasm/complete.wasm", import.meta.url))
    : hasSimd()
      ? fetched(new URL("./wasm/roundel-simd.wasm", import.meta.url))
      : fetched(new URL("./wasm/roundel.wasm", import.meta.url));

/** @param {URL} url @returns {Promise<WebAssembly.Module>} */
export async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}`);
  const streams = response.headers.get("Content-Type") === "application/wasm";
  return streams
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
