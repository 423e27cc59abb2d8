import { deserializeError, RoundelError } from "./error.js";
import { transferables } from "./photo.js";

/** @import { BuildName } from "./builds.js" */
/** @import { Stage } from "./index.js" */
/** @import { PhotoData } from "./photo.js" */
/** What to run. `elsewhere` has the features that other builds add. @typedef {{ kind: string, build: BuildName, elsewhere: readonly string[], module: WebAssembly.Module, photo: PhotoData, options: string }} Job */
/** @typedef {{ message(message: any): unknown, failure(reason: string): unknown }} WorkerEvents */
/** @typedef {{ postMessage(message: any, transfer: any): void, terminate(): unknown, ref?(): void, unref?(): void }} Worker */
/** @typedef {{ job: Job, onStage?(stage: Stage): void, resolve(result: any): void, reject(error: any): void }} PendingJob */

/**
 * Runs jobs in one worker, which is started for the first job and kept. Jobs wait in a queue.
 */
export class WorkerClient {
  /** @type {Worker | undefined} */
  #worker;
  /** @type {PendingJob | undefined} the job that the worker runs */
  #running;
  /** @type {PendingJob[]} */
  #queue = [];
  #startWorker;

  /** @param {(events: WorkerEvents) => Worker} startWorker */
  constructor(startWorker) {
    this.#startWorker = startWorker;
  }

  /**
   * Runs `job` in the worker. If `signal` aborts while the worker runs this job, the worker is
   * terminated and a new one runs the rest of the queue.
   *
   * @param {Job} job
   * @param {{ signal?: AbortSignal, onProgress?: (stage: Stage) => void }} callOptions
   * @returns {Promise<any>}
   */
  run(job, { signal, onProgress }) {
    const { promise, resolve, reject } = withResolvers();
    const pending = { job, onStage: onProgress, resolve, reject };
    const abort = () => this.#cancel(pending, signal?.reason);
    signal?.addEventListener("abort", abort);
    this.#queue.push(pending);
    this.#runNext();
    return promise.finally(() => signal?.removeEventListener("abort", abort));
  }

  /** Terminates the worker if it is idle. The next job starts another. */
  terminateIfIdle() {
    if (!this.#running) this.#terminate();
  }

  #runNext() {
    if (this.#running) return;
    this.#running = this.#queue.shift();
    // An idle worker must not keep a Node process alive.
    if (!this.#running) return this.#worker?.unref?.();
    const { job, reject } = this.#running;
    try {
      this.#worker ??= this.#connect();
      this.#worker.ref?.();
      this.#worker.postMessage(job, transferables(job.photo));
    } catch (error) {
      this.#terminate();
      reject(error);
      this.#runNext();
    }
  }

  #connect() {
    /** @type {Worker} */
    const worker = this.#startWorker({
      // Messages of a worker that was terminated may still arrive.
      message: (message) => worker === this.#worker && this.#onMessage(message),
      failure: (reason) => worker === this.#worker && this.#onFailure(reason),
    });
    return worker;
  }

  /** @param {any} message */
  #onMessage({ stage, result, error }) {
    if (stage) return this.#onStage(stage);
    const finished = this.#running;
    this.#running = undefined;
    if (error) finished?.reject(deserializeError(error));
    else finished?.resolve(result);
    this.#runNext();
  }

  /** @param {string} reason */
  #onFailure(reason) {
    const error = new RoundelError("internal", `roundel's worker failed: ${reason}`);
    if (this.#running) this.#cancel(this.#running, error);
    else this.#terminate();
  }

  /** @param {Stage} stage */
  #onStage(stage) {
    const running = this.#running;
    try {
      running?.onStage?.(stage);
    } catch (error) {
      if (running) this.#cancel(running, error);
    }
  }

  /** @param {PendingJob} pending @param {unknown} reason */
  #cancel(pending, reason) {
    pending.reject(reason);
    this.#queue = this.#queue.filter((queued) => queued !== pending);
    if (this.#running !== pending) return;
    this.#terminate();
    this.#runNext();
  }

  #terminate() {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#running = undefined;
  }
}

/** `Promise.withResolvers`, which the oldest supported engines lack. */
function withResolvers() {
  /** @type {(result: any) => void} */
  let resolve = () => {};
  /** @type {(error: any) => void} */
  let reject = () => {};
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
