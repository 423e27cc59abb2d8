import { fromMessage, RoundelError } from "./error.js";
import { movable } from "./photo.js";

/** @import { Stage } from "./index.js" */
/** @import { Photo } from "./photo.js" */
/** @typedef {{ kind: string, module: WebAssembly.Module, complete: boolean, photo: Photo, options: string }} Job */
/** What a worker says. @typedef {{ message(message: any): unknown, broken(why: string): unknown }} Listener */
/** @typedef {{ postMessage(message: any, movable: any): void, terminate(): unknown, ref?(): void, unref?(): void }} Worker */
/** @typedef {Job & { resolve(result: any): void, reject(error: any): void, observe?(stage: Stage): void }} Task */

/** One worker, started for the first task and kept for the next; tasks wait in a queue. */
export class Thread {
  /** @type {Worker | undefined} */
  #worker;
  /** @type {Task | undefined} what the worker is at */
  #current;
  /** @type {Task[]} */
  #waiting = [];
  #start;

  /** @param {(listener: Listener) => Worker} start */
  constructor(start) {
    this.#start = start;
  }

  /**
   * Has the worker do `job`. When `signal` aborts, the worker is stopped if it is at this job,
   * and another takes over the queue.
   *
   * @param {Job} job
   * @param {{ signal?: AbortSignal, onProgress?: (stage: Stage) => void }} call
   * @returns {Promise<any>}
   */
  run(job, { signal, onProgress }) {
    const { promise, resolve, reject } = withResolvers();
    const task = { ...job, resolve, reject, observe: onProgress };
    const abort = () => this.#drop(task, signal?.reason);
    signal?.addEventListener("abort", abort);
    this.#waiting.push(task);
    this.#next();
    return promise.finally(() => signal?.removeEventListener("abort", abort));
  }

  /** Stops the worker unless it is needed; the next task starts another. */
  rest() {
    if (!this.#current) this.#stop();
  }

  #next() {
    if (this.#current) return;
    this.#current = this.#waiting.shift();
    if (!this.#current) return this.#worker?.unref?.();
    const { kind, module, complete, photo, options, reject } = this.#current;
    try {
      this.#worker ??= this.#started();
      this.#worker.ref?.();
      this.#worker.postMessage({ kind, module, complete, photo, options }, movable(photo));
    } catch (error) {
      this.#stop();
      reject(error);
      this.#next();
    }
  }

  #started() {
    /** @type {Worker} */
    const worker = this.#start({
      // A worker that was stopped may have left messages on the way.
      message: (message) => worker === this.#worker && this.#hear(message),
      broken: (why) => worker === this.#worker && this.#broken(why),
    });
    return worker;
  }

  /** @param {any} message */
  #hear({ stage, result, error }) {
    if (stage) return this.#observe(stage);
    const task = this.#current;
    this.#current = undefined;
    if (error) task?.reject(fromMessage(error));
    else task?.resolve(result);
    this.#next();
  }

  /** @param {string} why */
  #broken(why) {
    const error = new RoundelError("internal", `roundel's worker broke: ${why}`);
    if (this.#current) this.#drop(this.#current, error);
    else this.#stop();
  }

  /** @param {Stage} stage */
  #observe(stage) {
    const task = this.#current;
    try {
      task?.observe?.(stage);
    } catch (error) {
      if (task) this.#drop(task, error);
    }
  }

  /** @param {Task} task @param {unknown} reason */
  #drop(task, reason) {
    task.reject(reason);
    this.#waiting = this.#waiting.filter((waiting) => waiting !== task);
    if (this.#current !== task) return;
    this.#stop();
    this.#next();
  }

  #stop() {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#current = undefined;
  }
}

/** Promise.withResolvers, which is younger than the engines that this runs on. */
function withResolvers() {
  /** @type {(result: any) => void} */
  let resolve = () => {};
  /** @type {(error: any) => void} */
  let reject = () => {};
  const promise = new Promise((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
