/** @import { Listener } from "./worker-client.js" */

/** Starts the worker. @param {Listener} listener */
export const start = (listener) =>
  listen(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }), listener);

/** @param {Worker} worker @param {Listener} listener */
export function listen(worker, listener) {
  worker.onmessage = ({ data }) => listener.message(data);
  worker.onmessageerror = () => listener.broken("a message could not be read");
  worker.onerror = (event) => {
    event.preventDefault();
    listener.broken(event.message || "it was not loaded; is it served, and allowed by worker-src?");
  };
  return worker;
}
