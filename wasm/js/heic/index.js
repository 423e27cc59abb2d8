import { heicBuild } from "../builds.js";
import { fetchAndCompile } from "../compile.js";

// Bundlers recognize this exact expression.
export const heic = heicBuild(() => fetchAndCompile(new URL("../wasm/heic.wasm", import.meta.url)));
