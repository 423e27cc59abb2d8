import { hasSimd } from "./simd.js";

/** Fetches and compiles the wasm that suits this browser. @returns {Promise<WebAssembly.Module>} */
export async function compile() {
  // Bundlers look for exactly this spelling.
  const url = hasSimd()
    ? new URL("./wasm/roundel-simd.wasm", import.meta.url)
    : new URL("./wasm/roundel.wasm", import.meta.url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}`);
  const streams = response.headers.get("Content-Type") === "application/wasm";
  return streams
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
