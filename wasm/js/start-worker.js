/** @import { WorkerEvents } from "./worker-client.js" */

/** Starts the worker that runs jobs. @param {WorkerEvents} events */
export const startWorker = (events) =>
  // Bundlers recognize this exact expression.
  connect(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }), events);

/** Forwards the worker's messages and failures to `events`. @param {Worker} worker @param {WorkerEvents} events */
export function connect(worker, events) {
  worker.onmessage = ({ data }) => events.message(data);
  worker.onmessageerror = () => events.failure("a message could not be read");
  worker.onerror = (event) => {
    event.preventDefault();
    // The browser gives no reason when the script could not be loaded.
    events.failure(event.message || "the script could not be loaded; check its address and the policy's worker-src");
  };
  return worker;
}
