import { toMessage } from "./error.js";

/** @import { Stage } from "./index.js" */
/** @import { Job } from "./worker-client.js" */
/** @typedef {(job: Job, observe: (stage: Stage) => void) => Promise<{ result: any, movable: ArrayBuffer[] }>} Perform */

/**
 * The worker's side of a job: posts each stage that is done, and then the result or an error.
 *
 * @param {Perform} perform
 * @param {Job} job
 * @param {(message: object, movable?: ArrayBuffer[]) => void} post
 */
export async function answer(perform, job, post) {
  try {
    const { result, movable } = await perform(job, (stage) => post({ stage }));
    post({ result }, movable);
  } catch (error) {
    post({ error: toMessage(error) });
  }
}
