import { heicBuild } from "../builds.js";
import { readAndCompile } from "../compile.node.js";

export const heic = heicBuild(() => readAndCompile(new URL("../wasm/heic.wasm", import.meta.url)));
