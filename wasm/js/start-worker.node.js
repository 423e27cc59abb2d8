import { Worker } from "node:worker_threads";

/** @import { Listener } from "./worker-client.js" */

/** Starts the worker. @param {Listener} listener */
export const start = (listener) =>
  // Without the flags of this process, of which some are refused in a worker.
  listen(new Worker(new URL("./worker.node.js", import.meta.url), { execArgv: [] }), listener);

/** @param {Worker} worker @param {Listener} listener */
export function listen(worker, listener) {
  worker.on("message", (message) => listener.message(message));
  worker.on("messageerror", () => listener.broken("a message could not be read"));
  worker.on("error", (error) => listener.broken(error.message));
  return worker;
}
