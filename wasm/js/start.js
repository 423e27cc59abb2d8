/** @import { Listener } from "./thread.js" */

/** Starts the worker. @param {Listener} listener */
export function start(listener) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => listener.message(data);
  worker.onerror = (event) => {
    event.preventDefault?.();
    listener.broken(event.message ?? "it could not be loaded; does the page's policy allow worker-src 'self'?");
  };
  worker.onmessageerror = () => listener.broken("a message could not be read");
  return worker;
}
