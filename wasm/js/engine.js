/** Calls wasm in this thread. */

import { decode } from "./browser.js";
import { fromWasm, RoundelError } from "./error.js";
import { isPixels, read } from "./input.js";
import init, * as wasm from "./wasm/roundel.js";

/** @import { Photo, Pixels } from "./input.js" */
/** @import { Stage } from "./index.js" */
/** @typedef {{ report: any, files: Uint8Array<ArrayBuffer>[] }} Outcome */

/** Above this, memory is given back after a render: wasm's own can grow but not shrink. */
const KEPT_MEMORY = 64 << 20;

/**
 * @param {WebAssembly.Module} module
 * @param {Photo} photo
 * @param {string} options in JSON
 * @param {(stage: Stage) => void} observe what it throws ends the render
 * @returns {Promise<Outcome>}
 */
export async function render(module, photo, options, observe) {
  const { limits, bytes, pixels } = await prepare(module, photo, options);
  if (pixels) return renderPixels(pixels, options, observe);
  try {
    return collect(observe, (caller) => wasm.render(bytes, options, caller));
  } catch (refusal) {
    const decoded = await decode(bytes, limits, refusal);
    return renderPixels(decoded, options, observe);
  }
}

/**
 * @param {WebAssembly.Module} module
 * @param {Photo} photo
 * @param {string} options in JSON
 */
export async function probe(module, photo, options) {
  const { limits, bytes, pixels } = await prepare(module, photo, options);
  if (pixels) return describe(pixels);
  try {
    return JSON.parse(guarded(() => wasm.probe(bytes, options)));
  } catch (refusal) {
    return describe(await decode(bytes, limits, refusal));
  }
}

/**
 * @param {WebAssembly.Module} module
 * @param {Photo} photo
 * @param {string} options
 */
async function prepare(module, photo, options) {
  await init({ module_or_path: module });
  const { limits } = JSON.parse(guarded(() => wasm.complete(options)));
  return isPixels(photo)
    ? { limits, pixels: photo, bytes: new Uint8Array() }
    : { limits, pixels: undefined, bytes: await read(photo, limits.input_bytes) };
}

/** What core says of pixels. @param {Pixels} pixels */
function describe({ width, height }) {
  return { format: "pixels", size: [width, height], orientation: 1, alpha: true, icc: false };
}

/**
 * @param {Pixels} pixels
 * @param {string} options
 * @param {(stage: Stage) => void} observe
 */
function renderPixels({ width, height, data }, options, observe) {
  const samples = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return collect(observe, (caller) => wasm.renderPixels(samples, width, height, options, caller));
}

/**
 * @param {(stage: Stage) => void} observe
 * @param {(caller: object) => string} call
 * @returns {Outcome}
 */
function collect(observe, call) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const files = [];
  const avatar = (/** @type {Uint8Array<ArrayBuffer>} */ view) => void files.push(view.slice());
  const report = JSON.parse(guarded(() => call({ stage: observe, avatar })));
  return { report, files };
}

/**
 * Calls wasm. Core's errors come as JSON; anything else that is thrown, by wasm or by an
 * observer, leaves memory as nobody knows, and so a fresh instance takes over.
 *
 * @param {() => string} call
 */
function guarded(call) {
  try {
    return call();
  } catch (error) {
    if (typeof error === "string") throw fromWasm(error);
    wasm.__wbg_reset_state();
    const trapped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    throw trapped ? new RoundelError("internal", `a defect of roundel: ${error.message}`) : error;
  } finally {
    if (memory() > KEPT_MEMORY) wasm.__wbg_reset_state();
  }
}

/** Bytes that wasm has now: once there is an instance, init gives that and makes none. */
const memory = () => wasm.initSync(/** @type {any} */ (undefined)).memory.buffer.byteLength;
