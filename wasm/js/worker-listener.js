import { respond } from "./response.js";

/** Runs each job that is posted to this worker. @param {import("./response.js").RunJob} runJob */
export function listenForJobs(runJob) {
  addEventListener("message", ({ data }) =>
    respond(runJob, data, (message, transfer = []) => postMessage(message, { transfer })),
  );
}
