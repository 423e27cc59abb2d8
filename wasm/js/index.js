import { createApi } from "./api.js";
import { compileWasm } from "./compile.js";
import { startWorker } from "./start-worker.js";

export { RoundelError } from "./error.js";
export const { init, probe, render, renderHere } = createApi(compileWasm, startWorker);
