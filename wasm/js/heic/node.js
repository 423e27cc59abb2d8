import { Worker } from "node:worker_threads";

import { readAndCompile } from "../compile.node.js";
import { listen } from "../start-worker.node.js";
import { decoder } from "./decoder.js";

export const heic = decoder(
  () => readAndCompile(new URL("./wasm/heic.wasm", import.meta.url)),
  (listener) => listen(new Worker(new URL("./worker.node.js", import.meta.url), { execArgv: [] }), listener),
);
