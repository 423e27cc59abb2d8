import { ADDRESSES } from "./addresses.js";

/** Compiles a build. @param {keyof typeof ADDRESSES} build */
export const compileWasm = (build) => fetchAndCompile(ADDRESSES[build]());

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
