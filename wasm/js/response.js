import { serializeError } from "./error.js";

/** @import { Stage } from "./index.js" */
/** @import { Job } from "./worker-client.js" */
/** @typedef {(job: Job, onStage: (stage: Stage) => void) => Promise<{ result: any, transfer: ArrayBuffer[] }>} RunJob */

/**
 * Runs a job and posts the responses: `{ stage }` for each finished stage, then `{ result }` or
 * `{ error }`.
 *
 * @param {RunJob} runJob
 * @param {Job} job
 * @param {(message: object, transfer?: ArrayBuffer[]) => void} post
 */
export async function respond(runJob, job, post) {
  try {
    const { result, transfer } = await runJob(job, (stage) => post({ stage }));
    post({ result }, transfer);
  } catch (error) {
    post({ error: serializeError(error) });
  }
}
