import { RoundelError } from "./error.js";
import { needsComplete, renderJob } from "./jobs.js";
import { copyPhoto, viewPhoto } from "./photo.js";
import { toRendered, toSource } from "./result.js";
import { WorkerClient } from "./worker-client.js";

/** @import { CallOptions, Options, Photo, Pixels } from "./index.js" */
/** @import { Worker, WorkerEvents } from "./worker-client.js" */
/** Runs one attempt at a call, with the small build or the complete one. @typedef {(photo: Photo, options: Options | undefined, complete: boolean) => Promise<any>} Attempt */

/**
 * Creates the package's functions for a platform, which differs in how it loads wasm and starts
 * a worker.
 *
 * @param {(complete: boolean) => Promise<WebAssembly.Module>} compileWasm
 * @param {(events: WorkerEvents) => Worker} startWorker
 * @returns {Pick<typeof import("./index.js"), "init" | "probe" | "render" | "renderHere">}
 */
export function createApi(compileWasm, startWorker) {
  const client = new WorkerClient(startWorker);
  const small = lazyModule(() => compileWasm(false));
  const complete = lazyModule(() => compileWasm(true));
  const modules = { small, complete };

  return {
    init(module, completeModule) {
      small.set(module);
      if (completeModule) complete.set(completeModule);
    },
    async render(photo, options, callOptions = {}) {
      const attempt = inWorker(client, modules, "render", callOptions);
      return toRendered(await withFallbacks(attempt, photo, options, callOptions));
    },
    async renderHere(photo, options, callOptions = {}) {
      const attempt = inThisThread(modules, callOptions);
      return toRendered(await withFallbacks(attempt, photo, options, callOptions));
    },
    async probe(photo, options, callOptions = {}) {
      const attempt = inWorker(client, modules, "probe", callOptions);
      return toSource(await withFallbacks(attempt, photo, options, callOptions));
    },
  };
}

/** @typedef {ReturnType<typeof lazyModule>} LazyModule @typedef {{ small: LazyModule, complete: LazyModule }} Modules */

/**
 * @param {WorkerClient} client
 * @param {Modules} modules
 * @param {string} kind
 * @param {CallOptions} callOptions
 * @returns {Attempt}
 */
function inWorker(client, modules, kind, callOptions) {
  return async (photo, options, complete) => {
    // Before anything is awaited: the caller may change the bytes afterwards.
    const [copy, json] = [copyPhoto(photo), toJson(options)];
    const module = await modules[complete ? "complete" : "small"].get(callOptions.signal);
    callOptions.signal?.throwIfAborted();
    return client.run({ kind, module, complete, photo: copy, options: json }, callOptions);
  };
}

/**
 * @param {Modules} modules
 * @param {CallOptions} callOptions
 * @returns {Attempt}
 */
function inThisThread(modules, { signal, onProgress }) {
  return async (photo, options, complete) => {
    const [view, json] = [viewPhoto(photo), toJson(options)];
    const module = await modules[complete ? "complete" : "small"].get(signal);
    const job = { kind: "render", module, complete, photo: view, options: json };
    return renderJob(job, (stage) => {
      onProgress?.(stage);
      // Nothing else runs in this thread during the render, so this is the only chance to stop.
      signal?.throwIfAborted();
    });
  };
}

/** A wasm module that is loaded once. A failed load is repeated by the next call. @param {() => Promise<WebAssembly.Module>} load */
function lazyModule(load) {
  /** @type {Promise<WebAssembly.Module> | undefined} */
  let module;
  return {
    /** @param {AbortSignal} [signal] */
    get(signal) {
      module ??= load().catch((error) => {
        module = undefined;
        throw new RoundelError("internal", `roundel's wasm could not be loaded: ${error.message}`);
      });
      return unlessAborted(module, signal);
    },
    /** @param {WebAssembly.Module | Promise<WebAssembly.Module>} given */
    set(given) {
      module = Promise.resolve(given);
    },
  };
}

/**
 * Waits for `promise` until `signal` aborts. The work behind the promise goes on, because other
 * calls may wait for it.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
function unlessAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    const stopListening = () => signal?.removeEventListener("abort", abort);
    promise.then(resolve, reject).finally(stopListening);
  });
}

/**
 * Tries the small build, then the complete one if the photo or the options need it, then the
 * decoders of the call.
 *
 * @param {Attempt} attempt
 * @param {Photo} photo
 * @param {Options | undefined} options
 * @param {CallOptions} callOptions
 */
async function withFallbacks(attempt, photo, options, callOptions) {
  callOptions.signal?.throwIfAborted();
  const attemptBoth = (/** @type {Photo | Pixels} */ source) =>
    attempt(source, options, false).catch((error) => {
      if (!needsComplete(error)) throw error;
      return attempt(source, options, true);
    });
  try {
    return await attemptBoth(photo);
  } catch (error) {
    return attemptBoth(await decodeWith(callOptions, photo, options, error));
  }
}

/**
 * The pixels from the first of the call's decoders that reads the photo.
 *
 * @param {CallOptions} callOptions
 * @param {Photo} photo
 * @param {Options | undefined} options
 * @param {any} error thrown again if no decoder reads the photo
 * @returns {Promise<Pixels>}
 */
async function decodeWith(callOptions, photo, options, error) {
  if (error?.code !== "unsupported") throw error;
  for (const decoder of callOptions.decoders ?? []) {
    const pixels = await decoder.decode(photo, options, callOptions);
    if (pixels) return pixels;
  }
  throw error;
}

/** @param {unknown} options */
function toJson(options = {}) {
  try {
    return JSON.stringify(options);
  } catch (error) {
    const reason = /** @type {Error} */ (error).message;
    throw new RoundelError("invalid_options", `the options cannot be written as JSON: ${reason}`);
  }
}
