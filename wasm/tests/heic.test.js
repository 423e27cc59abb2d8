/** HEIC and AVIF, which builds of wasm of their own read. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { probe, render, renderHere } from "roundel";
import { heic } from "roundel/heic";

import { createApi } from "../js/api.js";
import { formatFeature } from "../js/builds.js";
import { compileWasm, readAndCompile } from "../js/compile.node.js";
import { heicBuild } from "../js/heic/build.js";
import { connect, startWorker } from "../js/start-worker.node.js";

const { inputs } = JSON.parse(await readFile(new URL("../../core/cases.json", import.meta.url), "utf8"));
const input = (name) => new Uint8Array(Buffer.from(inputs[name].base64, "base64"));
const CORPUS = process.env.ROUNDEL_CORPUS ?? fileURLToPath(new URL("../../../shared/corpus", import.meta.url));
const PHOTO = `${CORPUS}/heic/exif-samples__IMG_5195.HEIC`;
const skip = existsSync(PHOTO) ? false : `${PHOTO} is missing`;
const withHeic = { decoders: [heic] };

const compileHeic = () => readAndCompile(new URL("../js/heic/wasm/heic.wasm", import.meta.url));
const startHeicWorker = (events) => connect(new Worker(new URL("../js/heic/worker.node.js", import.meta.url)), events);

/** The package's functions, and the names of the builds that they load. */
function recordingApi() {
  const loads = [];
  const api = createApi((build) => {
    loads.push(build);
    return compileWasm(build);
  }, startWorker);
  const recordingHeic = heicBuild(() => {
    loads.push("heic");
    return compileHeic();
  }, startHeicWorker);
  return { ...api, loads, decoders: [recordingHeic] };
}

const brands = (...names) => {
  const length = String.fromCharCode(8 + 4 * names.length);
  return Uint8Array.from(`\0\0\0${length}ftyp${names.join("")}`, (letter) => letter.charCodeAt(0));
};

test("the format of a file is known by its brands", () => {
  assert.equal(formatFeature(brands("avif", "\0\0\0\0", "mif1", "avif")), "avif");
  assert.equal(formatFeature(brands("mif1", "\0\0\0\0", "mif1", "heix")), "heic");
  assert.equal(formatFeature(brands("mif1", "\0\0\0\0", "mif1", "miaf")), "heif");
  assert.equal(formatFeature(brands("isom", "\0\0\0\0", "mp42")), undefined);
  // A brand after the end of the list is none, nor is one that is not at a multiple of four bytes.
  assert.equal(formatFeature(Uint8Array.from([...brands("isom"), ...Buffer.from("avif")])), undefined);
  assert.equal(formatFeature(brands("xavi", "fxxx")), undefined);
  for (const cut of [0, 3, 7, 8, 11]) assert.equal(formatFeature(brands("avif").subarray(0, cut)), undefined);
});

test("without the import, a HEIC is refused with a message that names it", async () => {
  for (const call of [render, renderHere, probe]) {
    for (const photo of [input("heic-tiles"), new Blob([input("heic-tiles")])]) {
      const message = /HEIC is not supported.*import \{ heic \} from "roundel\/heic"/;
      await assert.rejects(call(photo), { code: "unsupported", feature: "heic", message });
    }
  }
});

test("each format loads only its own build, whatever the options need", async () => {
  const { render, probe, loads, decoders } = recordingApi();
  const { source } = await render(input("heic-tiles"), { sizes: [[20, 30]], crop: "face" }, { decoders });
  assert.deepEqual([source.format, source.width, source.height], ["heic", 60, 120]);
  assert.deepEqual(await probe(new Blob([input("heic-tiles")]), {}, { decoders }), source);
  assert.deepEqual(loads, ["heic"]);
  assert.equal((await probe(input("avif-alpha"))).format, "avif");
  await render(input("avif-alpha"), { crop: "face" }, { decoders });
  assert.deepEqual(loads, ["heic", "avif"]);
});

test("a HEIF whose brands name no coding is read by the build of its coding", async () => {
  const renamed = (name) => {
    const file = input(name);
    for (const at of [8, 20]) file.set(Buffer.from("mif1"), at);
    return file;
  };
  const { render, loads, decoders } = recordingApi();
  assert.equal((await render(renamed("heic-tiles"), {}, { decoders })).source.format, "heic");
  assert.equal((await render(renamed("avif-alpha"), {}, { decoders })).source.format, "avif");
  assert.equal((await render(renamed("avif-alpha"))).source.format, "avif");
  await assert.rejects(render(renamed("heic-tiles")), { code: "unsupported", message: /roundel\/heic/ });
  assert.deepEqual(loads, ["heic", "avif"]);
});

test("both formats are rendered with modules that init receives", async () => {
  const api = createApi(() => assert.fail("wasm must not be loaded"), startWorker);
  const decoder = heicBuild(() => assert.fail("wasm must not be loaded"), startHeicWorker);
  api.init(compileWasm("small"), undefined, compileWasm("avif"));
  decoder.init(compileHeic());
  const callOptions = { decoders: [decoder] };
  for (const name of ["avif-alpha", "heic-tiles"]) {
    assert.equal((await api.renderHere(input(name), {}, callOptions)).digest, (await render(input(name), {}, withHeic)).digest);
  }
});

test("damage is the photo's fault, and the next call works", async () => {
  for (const name of ["avif-alpha", "heic-tiles"]) {
    const sound = input(name);
    const { digest } = await renderHere(sound, {}, withHeic);
    const codes = new Set();
    for (let at = 8; at < sound.length; at += Math.ceil(sound.length / 60)) {
      const damaged = sound.slice();
      damaged[at] ^= 0x55;
      codes.add(await renderHere(damaged, {}, withHeic).then(() => "ok", ({ code }) => code));
    }
    assert.ok(codes.has("malformed") && !codes.has("internal") && !codes.has(undefined), `${name}: ${[...codes]}`);
    assert.equal((await renderHere(sound, {}, withHeic)).digest, digest);
  }
});

test("limits apply before a picture is decoded", async () => {
  const limits = { pixels: 1000 };
  const limitExceeded = { code: "limit_exceeded", limit: "pixels", allowed: 1000 };
  for (const name of ["avif-alpha", "heic-tiles"]) await assert.rejects(render(input(name), { limits }, withHeic), limitExceeded);
});

test("several decoders are tried in order", async () => {
  const red = { width: 1, height: 1, data: new Uint8Array([255, 0, 0, 255]) };
  const decoders = [heic, { decode: async () => undefined }, { decode: async () => red }];
  const { source } = await render(new Blob(["custom format"]), {}, { decoders });
  assert.equal(source.format, "pixels");
  assert.equal((await probe(new Blob(["custom format"]), {}, { decoders })).width, 1);
});

test("the decoding of a phone's HEIC can be aborted, and fits into the limits", { skip }, async () => {
  const photo = await readFile(PHOTO);
  const controller = new AbortController();
  const rejection = assert.rejects(render(photo, {}, { ...withHeic, signal: controller.signal }), { name: "AbortError" });
  setTimeout(() => controller.abort(), 50);
  await rejection;
  const { source, avatars } = await render(photo, { sizes: [64] }, withHeic);
  assert.deepEqual([source.format, source.width, source.height, avatars.length], ["heic", 2566, 3313, 1]);
});
