import { Worker } from "node:worker_threads";

/** @import { WorkerEvents } from "./worker-client.js" */

/** Starts the worker that runs jobs. @param {WorkerEvents} events */
export const startWorker = (events) =>
  // Without this process's flags: a worker refuses some of them.
  connect(new Worker(new URL("./worker.node.js", import.meta.url), { execArgv: [] }), events);

/** Forwards the worker's messages and failures to `events`. @param {Worker} worker @param {WorkerEvents} events */
export function connect(worker, events) {
  worker.on("message", (message) => events.message(message));
  worker.on("messageerror", () => events.failure("a message could not be read"));
  worker.on("error", (error) => events.failure(error.message));
  return worker;
}
