/** @import { Task } from "./types.js" */

/**
 * Runs one task at a time. At most one task waits, the newest: an older one would render a crop
 * that is no longer shown.
 */
export class TaskQueue {
  /** @type {Task | null} */
  #waiting = null;
  /** @type {AbortController | null} */
  #running = null;

  /** Runs `task` after the running one. It replaces the task that waits. @param {Task} task */
  enqueue(task) {
    this.#waiting = task;
    if (!this.#running) this.#runAll();
  }

  /** Aborts the running task and runs `task` next. @param {Task} task */
  replace(task) {
    this.abort();
    this.enqueue(task);
  }

  /** Aborts the running task and removes the one that waits. */
  abort() {
    this.#waiting = null;
    this.#running?.abort();
  }

  async #runAll() {
    while (this.#waiting) {
      const task = this.#waiting;
      this.#waiting = null;
      this.#running = new AbortController();
      await task(this.#running.signal);
    }
    this.#running = null;
  }
}
