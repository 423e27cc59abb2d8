/** Builds the site: `node build.js [FOLDER]`. It needs the built npm package (`make wasm`). */

import { resolve } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

import { build } from "./src/site.js";

const out = resolve(argv[2] ?? fileURLToPath(new URL("../../dist/site", import.meta.url)));
await build(out);
console.log(`${out}/index.html`);
