import { hasSimd } from "./simd.js";

/** Compiles the build of wasm that suits this browser; the complete build runs in all. @param {boolean} complete */
export const compileWasm = (complete) =>
  // Bundlers recognize this exact expression, so the addresses cannot be computed.
  complete
    ? fetchAndCompile(new URL("./wasm/complete.wasm", import.meta.url))
    : hasSimd()
      ? fetchAndCompile(new URL("./wasm/roundel-simd.wasm", import.meta.url))
      : fetchAndCompile(new URL("./wasm/roundel.wasm", import.meta.url));

/** @param {URL} url @returns {Promise<WebAssembly.Module>} */
export async function fetchAndCompile(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${url}`);
  const type = response.headers.get("Content-Type");
  // Development servers answer an unknown address with the app's page.
  if (type?.startsWith("text/html")) throw new Error(`the server answered with a page for ${url}; see "Vite 7" in roundel's README`);
  return type === "application/wasm"
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
