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
  const type = response.headers.get("Content-Type");
  // A development server's answer to any address that it does not know.
  if (type?.startsWith("text/html")) throw new Error(`${url} is a page; see "Vite 7" in roundel's README`);
  return type === "application/wasm"
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
