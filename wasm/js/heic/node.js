import { Worker } from "node:worker_threads";

import { readAndCompile } from "../compile.node.js";
import { connect } from "../start-worker.node.js";
import { heicBuild } from "./build.js";

export const heic = heicBuild(
  () => readAndCompile(new URL("./wasm/heic.wasm", import.meta.url)),
  (events) => connect(new Worker(new URL("./worker.node.js", import.meta.url), { execArgv: [] }), events),
);
