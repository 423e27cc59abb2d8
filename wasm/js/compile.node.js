import { readFile } from "node:fs/promises";

import { ADDRESSES } from "./addresses.js";

/** Compiles a build. @param {keyof typeof ADDRESSES} build */
export const compileWasm = (build) => readAndCompile(ADDRESSES[build]());

/** @param {URL} url @returns {Promise<WebAssembly.Module>} */
export const readAndCompile = async (url) => WebAssembly.compile(await readFile(url));
