import { parentPort } from "node:worker_threads";

import { answer } from "./response.js";

/** Does what this worker is told. @param {import("./response.js").Perform} perform */
export function serve(perform) {
  parentPort?.on("message", (job) =>
    answer(perform, job, (message, movable) => parentPort?.postMessage(message, movable)),
  );
}
