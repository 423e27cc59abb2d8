import * as engine from "./engine.js";
import { RoundelError } from "./error.js";
import { borrow, own } from "./input.js";
import { rendered, source } from "./rendered.js";
import { Thread } from "./thread.js";

/** @import { Call, Input, Options } from "./index.js" */
/** @import { Listener, Worker } from "./thread.js" */

/**
 * The package's functions, over how this platform finds wasm and starts a worker.
 *
 * @param {() => Promise<WebAssembly.Module>} compile
 * @param {(listener: Listener) => Worker} start
 * @returns {Pick<typeof import("./index.js"), "init" | "probe" | "render" | "renderHere">}
 */
export function surface(compile, start) {
  const thread = new Thread(start);
  /** @type {Promise<WebAssembly.Module> | undefined} */
  let module;

  /** The module, compiled once; after a failure, with the next call again. */
  function compiled() {
    module ??= compile().catch((error) => {
      module = undefined;
      throw new RoundelError("internal", `roundel's wasm could not be loaded: ${error.message}`);
    });
    return module;
  }

  /**
   * @param {"render" | "probe"} kind
   * @param {Input} input
   * @param {Options | undefined} options
   * @param {Call} call
   */
  async function inWorker(kind, input, options, call) {
    const [photo, json] = [own(input), spelled(options)];
    const module = await compiled();
    call.signal?.throwIfAborted();
    return thread.run({ kind, module, photo, options: json }, call);
  }

  return {
    init(given) {
      module = Promise.resolve(given);
    },

    async render(input, options, call = {}) {
      call.signal?.throwIfAborted();
      return rendered(await inWorker("render", input, options, call));
    },

    async renderHere(input, options, { signal, onProgress } = {}) {
      signal?.throwIfAborted();
      const [photo, json] = [borrow(input), spelled(options)];
      return rendered(
        await engine.render(await compiled(), photo, json, (stage) => {
          onProgress?.(stage);
          signal?.throwIfAborted();
        }),
      );
    },

    async probe(input, options, call = {}) {
      call.signal?.throwIfAborted();
      return source(await inWorker("probe", input, options, call));
    },
  };
}

/** Options in JSON. @param {unknown} options */
function spelled(options = {}) {
  try {
    return JSON.stringify(options);
  } catch (error) {
    throw new RoundelError("invalid_options", `options are plain values: ${/** @type {Error} */ (error).message}`);
  }
}
