/** Calls wasm in this thread. */

import { checkSize, decode } from "./browser-decoder.js";
import { fromWasm, RoundelError } from "./error.js";
import { isPixels, read } from "./photo.js";
import * as complete from "./wasm/complete.js";
import * as lean from "./wasm/roundel.js";

/** @import { Photo } from "./photo.js" */
/** @import { Pixels, Stage } from "./index.js" */
/** @import { Limits } from "./options.js" */
/** @import { Job } from "./worker-client.js" */
/** Wasm's glue, which holds an instance. @typedef {typeof lean} Glue */
/** @typedef {{ report: any, files: Uint8Array<ArrayBuffer>[] }} Outcome */

/** Above this, memory is given back after a render: wasm's own can grow but not shrink. */
const KEPT_MEMORY = 64 << 20;

/** What only complete.wasm can do; `surface.js` then asks for that. */
export class Incomplete extends Error {
  name = "Incomplete";
}

/** What an observer threw, which may be anything: on its way through wasm. */
class Thrown {
  /** @param {unknown} reason */
  constructor(reason) {
    this.reason = reason;
  }
}

/** A worker's way in. @param {Job} job @param {(stage: Stage) => void} observe */
export async function perform(job, observe) {
  if (job.kind === "probe") return { result: await probe(job), movable: [] };
  const result = await render(job, observe);
  return { result, movable: result.files.map((file) => file.buffer) };
}

/**
 * @param {Job} job
 * @param {(stage: Stage) => void} observe what it throws ends the render
 * @returns {Promise<Outcome>}
 */
export async function render(job, observe) {
  const { wasm, limits, bytes, pixels } = await prepare(job);
  if (pixels) return renderPixels(wasm, pixels, job.options, observe);
  try {
    return collect(wasm, observe, (caller) => wasm.render(bytes, job.options, caller));
  } catch (refusal) {
    if (!job.complete && wantsMore(wasm, bytes, job.options, refusal)) throw new Incomplete();
    const decoded = await decode(bytes, limits, refusal);
    return renderPixels(wasm, decoded, job.options, observe);
  }
}

/** @param {Job} job */
export async function probe(job) {
  const { wasm, limits, bytes, pixels } = await prepare(job);
  if (pixels) return describe(pixels, limits);
  try {
    return JSON.parse(guarded(wasm, () => wasm.probe(bytes, job.options)));
  } catch (refusal) {
    return describe(await decode(bytes, limits, refusal), limits);
  }
}

/** @param {Job} job */
async function prepare({ module, complete: whole, photo, options }) {
  const wasm = whole ? complete : lean;
  await wasm.default({ module_or_path: module });
  const limits = JSON.parse(guarded(wasm, () => wasm.limits(options)));
  return isPixels(photo)
    ? { wasm, limits, pixels: photo, bytes: new Uint8Array() }
    : { wasm, limits, pixels: undefined, bytes: await read(photo, limits.input_bytes) };
}

/**
 * Whether a header is read and yet the photo is unsupported: its ICC profile has tables.
 *
 * @param {Glue} wasm
 * @param {Uint8Array} bytes
 * @param {string} options
 * @param {any} refusal
 */
function wantsMore(wasm, bytes, options, refusal) {
  if (refusal.code !== "unsupported") return false;
  try {
    return Boolean(guarded(wasm, () => wasm.probe(bytes, options)));
  } catch {
    return false;
  }
}

/** What core says of pixels, without a copy of them for it. @param {Pixels} pixels @param {Required<Limits>} limits */
function describe({ width, height }, limits) {
  checkSize({ width, height }, limits);
  return { format: "pixels", size: [width, height], orientation: 1, alpha: true, icc: false };
}

/**
 * @param {Glue} wasm
 * @param {Pixels} pixels
 * @param {string} options
 * @param {(stage: Stage) => void} observe
 */
function renderPixels(wasm, { width, height, data }, options, observe) {
  const samples = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const call = (/** @type {object} */ caller) =>
    wasm.renderPixels(samples, width, height, options, caller);
  return collect(wasm, observe, call);
}

/**
 * @param {Glue} wasm
 * @param {(stage: Stage) => void} observe
 * @param {(caller: object) => string} call
 * @returns {Outcome}
 */
function collect(wasm, observe, call) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const files = [];
  const avatar = (/** @type {Uint8Array<ArrayBuffer>} */ view) => void files.push(view.slice());
  const stage = (/** @type {Stage} */ name) => {
    try {
      observe(name);
    } catch (reason) {
      throw new Thrown(reason);
    }
  };
  const report = JSON.parse(guarded(wasm, () => call({ stage, avatar })));
  return { report, files };
}

/**
 * Calls wasm. Core's errors come as JSON; anything else that is thrown, by wasm or by an
 * observer, leaves memory as nobody knows, and so a fresh instance takes over.
 *
 * @param {Glue} wasm
 * @param {() => string} call
 */
function guarded(wasm, call) {
  try {
    return call();
  } catch (error) {
    if (typeof error === "string") throw fromWasm(error);
    wasm.__wbg_reset_state();
    if (error instanceof Thrown) throw error.reason;
    const trapped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    throw trapped ? new RoundelError("internal", `a defect of roundel: ${error.message}`) : error;
  } finally {
    if (memory(wasm) > KEPT_MEMORY) wasm.__wbg_reset_state();
  }
}

/** Bytes that wasm has now: once there is an instance, init gives that and makes none. */
const memory = (/** @type {Glue} */ wasm) =>
  wasm.initSync(/** @type {any} */ (undefined)).memory.buffer.byteLength;
