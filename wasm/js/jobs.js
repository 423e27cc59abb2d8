/** Runs jobs in wasm, in this thread. */

import { checkSize, decodeInBrowser } from "./browser-decoder.js";
import { errorFromJson, RoundelError } from "./error.js";
import { isPixels, readBytes } from "./photo.js";
import * as completeWasm from "./wasm/complete.js";
import * as smallWasm from "./wasm/roundel.js";

/** @import { Pixels, Stage } from "./index.js" */
/** @import { Limits } from "./options.js" */
/** @import { Job } from "./worker-client.js" */
/** The functions that wasm-bindgen generates. They hold one instance of wasm. @typedef {typeof smallWasm} Wasm */
/** @typedef {{ report: any, files: Uint8Array<ArrayBuffer>[] }} Output */

/** Memory of wasm can grow but not shrink, so an instance with more than this is discarded. */
const MAX_IDLE_MEMORY = 64 << 20;

/** Whether only the complete build can do a job that failed. @param {any} error */
export function needsComplete(error) {
  return ["animation", "icc_tables", "subject_crop"].includes(error?.feature);
}

/** Carries an exception of the `onStage` callback through wasm: a callback may throw any value. */
class CallbackException {
  /** @param {unknown} reason */
  constructor(reason) {
    this.reason = reason;
  }
}

/** Runs a job in a worker. @param {Job} job @param {(stage: Stage) => void} onStage */
export async function runJob(job, onStage) {
  if (job.kind === "probe") return { result: await probeJob(job), transfer: [] };
  const result = await renderJob(job, onStage);
  return { result, transfer: result.files.map((file) => file.buffer) };
}

/**
 * @param {Job} job
 * @param {(stage: Stage) => void} onStage an exception of it stops the render
 * @returns {Promise<Output>}
 */
export async function renderJob(job, onStage) {
  const { wasm, limits, bytes, pixels } = await prepare(job);
  if (pixels) return renderPixels(wasm, pixels, job.options, onStage);
  try {
    return collectOutput(wasm, onStage, (callbacks) => wasm.render(bytes, job.options, callbacks));
  } catch (error) {
    // api.js repeats the job with the complete build, which gives the same bytes everywhere.
    if (needsComplete(error) && !job.complete) throw error;
    const decoded = await decodeInBrowser(bytes, limits, error);
    return renderPixels(wasm, decoded, job.options, onStage);
  }
}

/** @param {Job} job */
async function probeJob(job) {
  const { wasm, limits, bytes, pixels } = await prepare(job);
  if (pixels) return sourceOfPixels(pixels, limits);
  try {
    return JSON.parse(callWasm(wasm, () => wasm.probe(bytes, job.options)));
  } catch (error) {
    return sourceOfPixels(await decodeInBrowser(bytes, limits, error), limits);
  }
}

/** Instantiates wasm, parses the options and reads the photo. @param {Job} job */
async function prepare({ module, complete, photo, options }) {
  const wasm = complete ? completeWasm : smallWasm;
  await wasm.default({ module_or_path: module });
  /** @type {Required<Limits>} */
  const limits = JSON.parse(callWasm(wasm, () => wasm.limits(options)));
  return isPixels(photo)
    ? { wasm, limits, pixels: photo, bytes: new Uint8Array() }
    : { wasm, limits, pixels: undefined, bytes: await readBytes(photo, limits.input_bytes) };
}

/**
 * The report that core gives for pixels. Core would need a copy of them in wasm's memory.
 *
 * @param {Pixels} pixels
 * @param {Required<Limits>} limits
 */
function sourceOfPixels({ width, height }, limits) {
  checkSize({ width, height }, limits);
  const size = [width, height];
  return { format: "pixels", size, upright_size: size, orientation: 1, alpha: true, icc: false };
}

/**
 * @param {Wasm} wasm
 * @param {Pixels} pixels
 * @param {string} options
 * @param {(stage: Stage) => void} onStage
 */
function renderPixels(wasm, { width, height, data }, options, onStage) {
  const samples = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return collectOutput(wasm, onStage, (callbacks) =>
    wasm.renderPixels(samples, width, height, options, callbacks),
  );
}

/**
 * @param {Wasm} wasm
 * @param {(stage: Stage) => void} onStage
 * @param {(callbacks: object) => string} render
 * @returns {Output}
 */
function collectOutput(wasm, onStage, render) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const files = [];
  const callbacks = {
    /** @param {Stage} name */
    onStage(name) {
      try {
        onStage(name);
      } catch (reason) {
        throw new CallbackException(reason);
      }
    },
    /** @param {Uint8Array<ArrayBuffer>} view of wasm's memory, valid during this call only */
    onAvatar(view) {
      files.push(view.slice());
    },
  };
  const report = JSON.parse(callWasm(wasm, () => render(callbacks)));
  return { report, files };
}

/**
 * Calls wasm and converts its errors.
 *
 * Wasm cannot unwind. After a trap, or when a callback throws, the instance is discarded with all
 * its memory.
 *
 * @param {Wasm} wasm
 * @param {() => string} call
 */
function callWasm(wasm, call) {
  try {
    return call();
  } catch (error) {
    // Core's errors are strings of JSON; they leave the instance intact.
    if (typeof error === "string") throw errorFromJson(error);
    wasm.__wbg_reset_state();
    if (error instanceof CallbackException) throw error.reason;
    // A stack overflow in wasm is a RangeError.
    const isTrap = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    throw isTrap ? new RoundelError("internal", `a bug in roundel: ${error.message}`) : error;
  } finally {
    if (memorySize(wasm) > MAX_IDLE_MEMORY) wasm.__wbg_reset_state();
  }
}

/** Bytes of wasm's memory. `initSync` returns the exports of the instance that exists. */
const memorySize = (/** @type {Wasm} */ wasm) =>
  wasm.initSync(/** @type {any} */ (undefined)).memory.buffer.byteLength;
