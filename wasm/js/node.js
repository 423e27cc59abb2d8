import { createApi } from "./api.js";
import { compileWasm } from "./compile.node.js";
import { startWorker } from "./start-worker.node.js";

export { RoundelError } from "./error.js";
export const { init, probe, render, renderHere } = createApi(compileWasm, startWorker);
