/** The worker's side: one job at a time, each with an answer. */

import * as engine from "./engine.js";
import { toMessage } from "./error.js";

/** @import { Photo } from "./input.js" */
/** @typedef {{ kind: "render" | "probe", module: WebAssembly.Module, photo: Photo, options: string }} Job */

/**
 * Does `job`, posting each stage that is done and then the result or an error.
 *
 * @param {Job} job
 * @param {(message: object, movable?: ArrayBuffer[]) => void} post
 */
export async function serve({ kind, module, photo, options }, post) {
  try {
    const result =
      kind === "probe"
        ? await engine.probe(module, photo, options)
        : await engine.render(module, photo, options, (stage) => post({ stage }));
    post({ result }, result.files?.map((/** @type {Uint8Array} */ file) => file.buffer));
  } catch (error) {
    post({ error: toMessage(error) });
  }
}
