import { Worker } from "node:worker_threads";

/** @import { Listener } from "./thread.js" */

/** Starts the worker, which keeps no process alive while idle. @param {Listener} listener */
export function start(listener) {
  // Without the flags of this process, of which some are refused in a worker.
  const worker = new Worker(new URL("./worker.node.js", import.meta.url), { execArgv: [] });
  worker.on("message", (message) => listener.message(message));
  worker.on("error", (error) => listener.broken(error.message));
  worker.on("messageerror", () => listener.broken("a message could not be read"));
  return worker;
}
