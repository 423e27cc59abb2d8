import * as engine from "./jobs.js";
import { RoundelError } from "./error.js";
import { borrow, own } from "./photo.js";
import { rendered, source } from "./result.js";
import { Thread } from "./worker-client.js";

/** @import { Call, Input, Options, Pixels, Stage } from "./index.js" */
/** @import { Listener, Worker } from "./worker-client.js" */

/**
 * The package's functions, over how this platform finds wasm and starts a worker.
 *
 * @param {(complete: boolean) => Promise<WebAssembly.Module>} compile
 * @param {(listener: Listener) => Worker} start
 * @returns {Pick<typeof import("./index.js"), "init" | "probe" | "render" | "renderHere">}
 */
export function surface(compile, start) {
  const thread = new Thread(start);
  const [lean, whole] = [once(() => compile(false)), once(() => compile(true))];

  /** @param {string} kind @param {Call} call @returns {Go} */
  const inWorker = (kind, call) => async (photo, options, complete) => {
    const [mine, json] = [own(photo), spelled(options)];
    const module = await unlessAborted((complete ? whole : lean).get(), call.signal);
    call.signal?.throwIfAborted();
    return thread.run({ kind, module, complete, photo: mine, options: json }, call);
  };

  /** @param {Call} call @returns {Go} */
  const inThisThread = (call) => async (photo, options, complete) => {
    const [mine, json] = [borrow(photo), spelled(options)];
    const module = await unlessAborted((complete ? whole : lean).get(), call.signal);
    const job = { kind: "render", module, complete, photo: mine, options: json };
    return engine.render(job, (stage) => {
      call.onProgress?.(stage);
      call.signal?.throwIfAborted();
    });
  };

  return {
    init(module, complete) {
      lean.set(module);
      if (complete) whole.set(complete);
    },
    render: async (input, options, call = {}) =>
      rendered(await tried(inWorker("render", call), input, options, call)),
    renderHere: async (input, options, call = {}) =>
      rendered(await tried(inThisThread(call), input, options, call)),
    probe: async (input, options, call = {}) =>
      source(await tried(inWorker("probe", call), input, options, call)),
  };
}

/** Gets a module once; after a failure, with the next call again. @param {() => Promise<WebAssembly.Module>} load */
function once(load) {
  /** @type {Promise<WebAssembly.Module> | undefined} */
  let module;
  return {
    get() {
      module ??= load().catch((error) => {
        module = undefined;
        throw new RoundelError("internal", `roundel's wasm could not be loaded: ${error.message}`);
      });
      return module;
    },
    /** @param {WebAssembly.Module | Promise<WebAssembly.Module>} given */
    set(given) {
      module = Promise.resolve(given);
    },
  };
}

/**
 * What is being loaded, unless `signal` aborts before it is there; others may wait for it still.
 *
 * @template T
 * @param {Promise<T>} loading
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
function unlessAborted(loading, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    const listened = () => signal?.removeEventListener("abort", abort);
    loading.then(resolve, reject).finally(listened);
  });
}

/** @typedef {(photo: Input, options: Options | undefined, complete: boolean) => Promise<any>} Go */

/**
 * With the lean wasm, then with the complete one, then by way of a decoder: as far as needed.
 *
 * @param {Go} go
 * @param {Input} input
 * @param {Options | undefined} options
 * @param {Call} call
 */
async function tried(go, input, options, call) {
  call.signal?.throwIfAborted();
  try {
    return await go(input, options, false).catch((error) => {
      if (error?.name !== "Incomplete") throw error;
      return go(input, options, true);
    });
  } catch (refusal) {
    return go(await decoded(refusal, input, options, call), options, false);
  }
}

/**
 * What one of the call's decoders makes of a photo that neither core nor the browser can read.
 *
 * @param {any} refusal
 * @param {Input} input
 * @param {Options | undefined} options
 * @param {Call} call
 * @returns {Promise<Pixels>}
 */
async function decoded(refusal, input, options, call) {
  if (refusal?.code !== "unsupported") throw refusal;
  for (const decoder of call.decoders ?? []) {
    const pixels = await decoder.decode(input, options, call);
    if (pixels) return pixels;
  }
  throw refusal;
}

/** Options in JSON. @param {unknown} options */
function spelled(options = {}) {
  try {
    return JSON.stringify(options);
  } catch (error) {
    throw new RoundelError("invalid_options", `options are plain values: ${/** @type {Error} */ (error).message}`);
  }
}
