/** Runs jobs in wasm, in this thread. */

import { checkSize, decodeInBrowser } from "./browser-decoder.js";
import { errorFromJson, RoundelError } from "./error.js";
import { isPixels, readBytes } from "./photo.js";
import * as avifWasm from "./wasm/avif.js";
import * as completeWasm from "./wasm/complete.js";
import * as smallWasm from "./wasm/roundel.js";

/** @import { BuildName } from "./builds.js" */
/** @import { Pixels, Stage } from "./index.js" */
/** @import { Limits } from "./options.js" */
/** @import { Job } from "./worker-client.js" */
/** The functions that wasm-bindgen generates. They hold one instance of wasm. @typedef {typeof smallWasm} Wasm */
/** @typedef {{ report: any, files: Uint8Array<ArrayBuffer>[] }} Output */

/** Memory of wasm can grow but not shrink, so an instance with more than this is discarded. */
const MAX_IDLE_MEMORY = 64 << 20;

/** That of HEIC is passed by those who import it. @type {Partial<Record<BuildName, Wasm>>} */
const GLUE = { small: smallWasm, complete: completeWasm, avif: avifWasm };

/** Carries an exception of the `onStage` callback through wasm: a callback may throw any value. */
class CallbackException {
  /** @param {unknown} reason */
  constructor(reason) {
    this.reason = reason;
  }
}

/** Wasm stopped. */
class Trap extends RoundelError {
  /** @param {string} reason */
  constructor(reason) {
    super("internal", `a bug in roundel: ${reason}`);
  }
}

/** Runs a job in a worker. @param {Job} job @param {(stage: Stage) => void} onStage @param {Wasm} [glue] */
export async function runJob(job, onStage, glue) {
  if (job.kind === "probe") return { result: await probeJob(job, glue), transfer: [] };
  const result = await renderJob(job, onStage, glue);
  return { result, transfer: result.files.map((file) => file.buffer) };
}

/**
 * @param {Job} job
 * @param {(stage: Stage) => void} onStage an exception of it stops the render
 * @param {Wasm} [glue] of the job's build, by default one of the package
 * @returns {Promise<Output>}
 */
export async function renderJob(job, onStage, glue) {
  const { wasm, limits, bytes, pixels } = await prepare(job, glue);
  if (pixels) return renderPixels(wasm, pixels, job.options, onStage);
  try {
    return renderFile(wasm, bytes, job, onStage);
  } catch (error) {
    const decoded = await decodeElsewhere(job, bytes, limits, error);
    return renderPixels(wasm, decoded, job.options, onStage);
  }
}

/**
 * The decoders of AVIF and HEIC panic on some damaged pictures. Rust catches that, and wasm cannot.
 *
 * @param {Wasm} wasm
 * @param {Uint8Array} bytes
 * @param {Job} job
 * @param {(stage: Stage) => void} onStage
 */
function renderFile(wasm, bytes, { build, options }, onStage) {
  /** @type {Stage | undefined} */
  let finished;
  /** @param {Stage} stage */
  const observe = (stage) => {
    finished = stage;
    onStage(stage);
  };
  try {
    return collectOutput(wasm, observe, (callbacks) => wasm.render(bytes, options, callbacks));
  } catch (error) {
    const isDamaged = error instanceof Trap && finished === "plan" && ["avif", "heic"].includes(build);
    throw isDamaged ? new RoundelError("malformed", `a picture of the ${build.toUpperCase()} is damaged`) : error;
  }
}

/** @param {Job} job @param {Wasm} [glue] */
async function probeJob(job, glue) {
  const { wasm, limits, bytes, pixels } = await prepare(job, glue);
  if (pixels) return sourceOfPixels(pixels, limits);
  try {
    return JSON.parse(callWasm(wasm, () => wasm.probe(bytes, job.options)));
  } catch (error) {
    return sourceOfPixels(await decodeElsewhere(job, bytes, limits, error), limits);
  }
}

/**
 * Decodes a photo in the browser, unless api.js repeats the job with another build, which gives the same bytes
 * everywhere.
 *
 * @param {Job} job
 * @param {Uint8Array} bytes
 * @param {Required<Limits>} limits
 * @param {any} error
 */
async function decodeElsewhere(job, bytes, limits, error) {
  if (job.elsewhere.includes(error?.feature)) throw error;
  return decodeInBrowser(bytes, limits, error);
}

/** Instantiates wasm, parses the options and reads the photo. @param {Job} job @param {Wasm} [glue] */
async function prepare({ module, build, photo, options }, glue) {
  const wasm = glue ?? GLUE[build];
  if (!wasm) throw new RoundelError("internal", `this worker has no build ${build}`);
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
    throw isTrap ? new Trap(error.message) : error;
  } finally {
    if (memorySize(wasm) > MAX_IDLE_MEMORY) wasm.__wbg_reset_state();
  }
}

/** Bytes of wasm's memory. `initSync` returns the exports of the instance that exists. */
const memorySize = (/** @type {Wasm} */ wasm) =>
  wasm.initSync(/** @type {any} */ (undefined)).memory.buffer.byteLength;
