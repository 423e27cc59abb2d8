import { parentPort } from "node:worker_threads";

import { respond } from "./response.js";

/** Runs each job that is posted to this worker. @param {import("./response.js").RunJob} runJob */
export function listenForJobs(runJob) {
  parentPort?.on("message", (job) =>
    respond(runJob, job, (message, transfer) => parentPort?.postMessage(message, transfer)),
  );
}
