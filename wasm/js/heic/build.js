import { lazyBuild } from "../builds.js";
import { WorkerClient } from "../worker-client.js";
import * as glue from "./wasm/heic.js";

/** @import { Build } from "../builds.js" */
/** @import { Worker, WorkerEvents } from "../worker-client.js" */

/**
 * The build that reads HEIC. It has a worker of its own, so that no other file of the package refers to it.
 *
 * @param {() => Promise<WebAssembly.Module>} load
 * @param {(events: WorkerEvents) => Worker} startWorker
 * @returns {Build}
 */
export const heicBuild = (load, startWorker) => ({
  ...lazyBuild("heic", ["heic", "heif"], load),
  glue,
  client: new WorkerClient(startWorker),
});
