/** @import { Job } from "./types.js" */

/**
 * Runs one job at a time, and always the newest: whatever still waits when another is asked for
 * is dropped, for nobody looks at it any more.
 */
export class Latest {
  /** @type {Job | null} */
  #next = null;
  /** @type {AbortController | null} */
  #running = null;

  /** Runs `job(signal)` when the running one has ended. @param {Job} job */
  ask(job) {
    this.#next = job;
    if (!this.#running) this.#drain();
  }

  /** Runs `job(signal)` now: what runs is aborted. @param {Job} job */
  replace(job) {
    this.stop();
    this.ask(job);
  }

  /** Aborts what runs and drops what waits. */
  stop() {
    this.#next = null;
    this.#running?.abort();
  }

  async #drain() {
    while (this.#next) {
      const job = this.#next;
      this.#next = null;
      this.#running = new AbortController();
      await job(this.#running.signal);
    }
    this.#running = null;
  }
}
