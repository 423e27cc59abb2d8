import { BRANDS_LENGTH, formatFeature, isBuild, lazyBuild } from "./builds.js";
import { RoundelError } from "./error.js";
import { renderJob } from "./jobs.js";
import { copyPhoto, isBlob, isPixels, readBytes, viewPhoto } from "./photo.js";
import { toRendered, toSource } from "./result.js";
import { hasSimd } from "./simd.js";
import { WorkerClient } from "./worker-client.js";

/** @import { Build, BuildName } from "./builds.js" */
/** @import { CallOptions, Decoder, FormatDecoder, Options, Photo, Pixels } from "./index.js" */
/** @import { PhotoData } from "./photo.js" */
/** @import { Worker, WorkerEvents } from "./worker-client.js" */
/** @typedef {Record<Exclude<BuildName, "heic">, Build>} Builds */
/** Runs one attempt at a call with a build, while others may follow. @typedef {(photo: Photo, options: Options | undefined, build: Build, others: readonly Build[]) => Promise<any>} Attempt */

/**
 * Creates the package's functions for a platform, which differs in how it loads wasm and starts
 * a worker.
 *
 * @param {(build: keyof Builds) => Promise<WebAssembly.Module>} compileWasm
 * @param {(events: WorkerEvents) => Worker} startWorker
 * @returns {Pick<typeof import("./index.js"), "init" | "probe" | "render" | "renderHere">}
 */
export function createApi(compileWasm, startWorker) {
  const client = new WorkerClient(startWorker);
  const builds = {
    small: lazyBuild("small", [], () => compileWasm("small")),
    complete: lazyBuild("complete", ["animation", "icc_tables", "subject_crop"], () => compileWasm("complete")),
    avif: lazyBuild("avif", ["avif", "heif"], () => compileWasm("avif")),
  };

  return {
    init(module, completeModule, avifModule) {
      builds.small.init(module);
      if (completeModule) builds.complete.init(completeModule);
      if (avifModule) builds.avif.init(avifModule);
    },
    async render(photo, options, callOptions = {}) {
      const attempt = inWorker(client, "render", callOptions);
      return toRendered(await withFallbacks(attempt, builds, photo, options, callOptions));
    },
    async renderHere(photo, options, callOptions = {}) {
      const attempt = inThisThread(callOptions);
      return toRendered(await withFallbacks(attempt, builds, photo, options, callOptions));
    },
    async probe(photo, options, callOptions = {}) {
      const attempt = inWorker(client, "probe", callOptions);
      return toSource(await withFallbacks(attempt, builds, photo, options, callOptions));
    },
  };
}

/**
 * @param {WorkerClient} client
 * @param {string} kind
 * @param {CallOptions} callOptions
 * @returns {Attempt}
 */
function inWorker(client, kind, callOptions) {
  return async (photo, options, build, others) => {
    // Before anything is awaited: the caller may change the bytes afterwards.
    const [copy, json] = [copyPhoto(photo), toJson(options)];
    const module = await build.get(callOptions.signal);
    callOptions.signal?.throwIfAborted();
    return (build.client ?? client).run({ kind, ...jobOf(build, others), module, photo: copy, options: json }, callOptions);
  };
}

/** @param {CallOptions} callOptions @returns {Attempt} */
function inThisThread({ signal, onProgress }) {
  return async (photo, options, build, others) => {
    const [view, json] = [viewPhoto(photo), toJson(options)];
    const module = await build.get(signal);
    const job = { kind: "render", ...jobOf(build, others), module, photo: view, options: json };
    return renderJob(job, (stage) => {
      onProgress?.(stage);
      // Nothing else runs in this thread during the render, so this is the only chance to stop.
      signal?.throwIfAborted();
    }, build.glue);
  };
}

/** @param {Build} build @param {readonly Build[]} others */
const jobOf = ({ name }, others) => ({ build: name, elsewhere: others.flatMap(({ adds }) => adds) });

/**
 * Tries the builds, then the decoders of the call.
 *
 * @param {Attempt} attempt
 * @param {Builds} builds
 * @param {Photo} photo
 * @param {Options | undefined} options
 * @param {CallOptions} callOptions
 */
async function withFallbacks(attempt, { small, complete, avif }, photo, options, callOptions) {
  const decoders = callOptions.decoders ?? [];
  // The builds for formats need simd128.
  const others = [complete, ...(hasSimd() ? [...decoders.filter(isBuild), avif] : [])];
  const view = viewPhoto(photo);
  // Without `await` for bytes, which the caller may change afterwards.
  const feature = isBlob(view) ? formatFeature(await readBytes(view, BRANDS_LENGTH)) : formatOf(view);
  callOptions.signal?.throwIfAborted();
  const first = others.find((build) => feature && build.adds.includes(feature)) ?? small;
  try {
    return await withBuilds(attempt, first, others, photo, options);
  } catch (error) {
    const pixels = await decodeWith(callOptions, photo, options, withAdvice(error, decoders));
    return withBuilds(attempt, small, others, pixels, options);
  }
}

/** @param {Exclude<PhotoData, Blob>} photo */
const formatOf = (photo) => (isPixels(photo) ? undefined : formatFeature(photo));

/**
 * Tries a build, then others that add what it refused. Each is tried once.
 *
 * @param {Attempt} attempt
 * @param {Build} build
 * @param {readonly Build[]} builds
 * @param {Photo} photo
 * @param {Options | undefined} options
 * @returns {Promise<any>}
 */
async function withBuilds(attempt, build, builds, photo, options) {
  const others = builds.filter((other) => other !== build);
  try {
    return await attempt(photo, options, build, others);
  } catch (/** @type {any} */ error) {
    const next = others.find(({ adds }) => adds.includes(error?.feature));
    if (!next) throw error;
    return withBuilds(attempt, next, others, photo, options);
  }
}

/** Says how to read a HEIC if the call does not enable it. @param {any} error @param {readonly (Decoder | FormatDecoder)[]} decoders */
function withAdvice(error, decoders) {
  if (error?.code !== "unsupported" || !["heic", "heif"].includes(error.feature) || decoders.some(isBuild)) return error;
  const advice = 'to read HEIC, import { heic } from "roundel/heic" and pass { decoders: [heic] }';
  return new RoundelError(error.code, `${error.message} (for developers: ${advice})`, error);
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
    const pixels = "decode" in decoder ? await decoder.decode(photo, options, callOptions) : undefined;
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
