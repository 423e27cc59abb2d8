/** The package in Node. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompressSync } from "node:zlib";

import * as roundel from "roundel";
import { heic } from "roundel/heic";

import { createApi } from "../js/api.js";
import { toRendered } from "../js/result.js";
import { startWorker } from "../js/start-worker.node.js";
import { WorkerClient } from "../js/worker-client.js";
import { differences } from "./cases.js";
import { withTables } from "./icc-profile.js";

const inRepository = (path) => new URL(`../../${path}`, import.meta.url);
const load = async (path) => new Uint8Array(await readFile(inRepository(path)));
const cases = JSON.parse(await readFile(inRepository("core/cases.json"), "utf8"));
const astronaut = await load("examples/photos/astronaut.jpg");

/** Features of wasm that every engine has had since 2021 (Safari 15). */
const FEATURES = [
  "bulk-memory",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
];

const compile = async (name) => WebAssembly.compile(await load(`wasm/js/wasm/${name}`));

for (const method of ["render", "renderHere"]) {
  test(`${method} gives the same as Rust in every case`, async () => {
    const render = (photo, options) => roundel[method](photo, options, { decoders: [heic] });
    assert.deepEqual(await differences(cases, load, render, ["avif", "heic"]), []);
  });
}

test("wasm without simd, set with init, gives the same as Rust in every case", async () => {
  const plain = createApi(() => assert.fail("wasm must not be loaded"), startWorker);
  plain.init(compile("roundel.wasm"), compile("complete.wasm"), compile("avif.wasm"));
  assert.deepEqual(await differences(cases, load, plain.render, ["avif"]), []);
});

test("a photo with an ICC profile with lookup tables loads the complete wasm", async () => {
  const loads = [];
  const compileWasm = async (build) => {
    loads.push(build);
    return compile(build === "small" ? "roundel.wasm" : `${build}.wasm`);
  };
  const scanned = withTables(astronaut);
  const { render, renderHere, probe } = createApi(compileWasm, startWorker);
  assert.equal((await probe(scanned)).icc, true);
  assert.deepEqual(loads, ["small"]);
  const stages = [];
  const { digest, source } = await render(scanned, {}, { onProgress: (stage) => stages.push(stage) });
  assert.deepEqual(loads, ["small", "complete"]);
  assert.deepEqual(stages, ["plan", "decode", "resize", "encode"]);
  assert.equal(source.format, "jpeg");
  assert.equal((await renderHere(scanned)).digest, digest);
  assert.notEqual((await render(astronaut)).digest, digest);
});

test("a crop that follows faces loads the complete wasm", async () => {
  const loads = [];
  const { render } = createApi(async (build) => {
    loads.push(build);
    return compile(build === "small" ? "roundel.wasm" : `${build}.wasm`);
  }, startWorker);
  const { avatars, faces } = await render(astronaut, { sizes: [[40, 120]], crop: "face" });
  assert.deepEqual(loads, ["small", "complete"]);
  assert.equal(faces.length, 1);
  const [{ x, width }] = [avatars[0].crop].map(([x, , width]) => ({ x, width }));
  const [left, , across] = faces[0].rect;
  assert.ok(x < left && left + across < x + width);
});

test("an animated avatar loads the complete wasm", async () => {
  const loads = [];
  const { render } = createApi(async (build) => {
    loads.push(build);
    return compile(build === "small" ? "roundel.wasm" : `${build}.wasm`);
  }, startWorker);
  const gif = Buffer.from(cases.inputs["gif-animated"].base64, "base64");
  const options = { animated: true, formats: "webp", lossless: true, sizes: [8] };
  const { avatars } = await render(gif, options);
  assert.deepEqual(loads, ["small", "complete"]);
  assert.deepEqual([avatars[0].frames, avatars[0].durationMs], [2, 200]);
});

test("the complete wasm gives the same as Rust in every case", async () => {
  const [module, build] = [await compile("complete.wasm"), "complete"];
  const client = new WorkerClient(startWorker);
  const render = async (photo, options) => {
    const job = { kind: "render", build, elsewhere: [], module, photo: photo.slice(), options: JSON.stringify(options) };
    return toRendered(await client.run(job, {}));
  };
  assert.deepEqual(await differences(cases, load, render, []), []);
});

test("the builds that every browser loads need no simd", async () => {
  const validates = (name) => {
    const folder = fileURLToPath(new URL("..", import.meta.url));
    const features = ["--mvp-features", ...FEATURES.map((feature) => `--enable-${feature}`)];
    // Of a build with vectors, each instruction is listed.
    const options = { cwd: folder, maxBuffer: 64 << 20 };
    return promisify(execFile)("node_modules/.bin/wasm-opt", [...features, `js/wasm/${name}.wasm`], options);
  };
  await validates("roundel");
  await validates("complete");
  await assert.rejects(validates("roundel-simd"), /SIMD/);
});

test("the wasm that every page loads is at most 250 kB after brotli", async (context) => {
  for (const name of ["roundel", "roundel-simd"]) {
    const { length } = brotliCompressSync(await load(`wasm/js/wasm/${name}.wasm`));
    context.diagnostic(`${name}.wasm: ${length} bytes`);
    assert.ok(length <= 250_000, `${name}.wasm: ${length} bytes`);
  }
});

test("an abort in Node stops the worker, and the next call starts another", async () => {
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  const aborted = roundel.render(astronaut, { sizes: [2000] }, { signal: controller.signal, onProgress });
  await assert.rejects(aborted, { name: "AbortError" });
  assert.equal((await roundel.render(astronaut)).avatars[0].width, 256);
});

test("an abort while wasm is being loaded does not wait for it", async () => {
  const api = createApi(() => new Promise(() => {}), startWorker);
  for (const method of ["render", "renderHere", "probe"]) {
    const controller = new AbortController();
    const rejection = assert.rejects(api[method](astronaut, {}, { signal: controller.signal }), { name: "AbortError" });
    controller.abort();
    await rejection;
  }
});

test("renderHere is rejected with any reason of the signal, and the next call works", async () => {
  for (const reason of ["a string", new RangeError("an error"), 0]) {
    const controller = new AbortController();
    const onProgress = () => controller.abort(reason);
    const caught = await roundel.renderHere(astronaut, {}, { signal: controller.signal, onProgress }).catch((error) => error);
    assert.equal(caught, reason);
    assert.equal((await roundel.renderHere(astronaut)).avatars.length, 1);
  }
});

test("an idle worker does not keep the process alive", async () => {
  const script = `
    import { readFileSync } from "node:fs";
    import { render } from "roundel";
    const { avatars } = await render(readFileSync("../examples/photos/astronaut.jpg"));
    console.log(avatars[0].blob.type);`;
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    cwd: new URL("..", import.meta.url),
  });
  assert.equal((await run).stdout, "image/jpeg\n");
});

test("a blob larger than the limit is not read to the end", async () => {
  const blob = new Blob([astronaut, new Uint8Array(1 << 20)]);
  let read = 0;
  const slice = blob.slice.bind(blob);
  blob.slice = (from, to) => {
    read = to - from;
    return slice(from, to);
  };
  const rejection = roundel.renderHere(blob, { limits: { input_bytes: 1000 } });
  await assert.rejects(rejection, { code: "limit_exceeded", limit: "input_bytes", allowed: 1000 });
  assert.equal(read, 1001);
});

test("probe gives the same source as render, with the upright size", async () => {
  const { source } = await roundel.render(astronaut);
  assert.deepEqual(await roundel.probe(astronaut), source);
  assert.deepEqual([source.orientation, source.width, source.height], [6, 512, 512]);
});

test("each avatar has the crop of the upright photo that it shows", async () => {
  const options = { sizes: [64, [40, 20]], crop: "north" };
  const { avatars } = await roundel.render(astronaut, options);
  assert.deepEqual(avatars.map(({ crop }) => crop), [[0, 0, 512, 512], [0, 0, 512, 256]]);
  const part = await roundel.renderHere(astronaut, { sizes: [64], crop: [100, 50, 200, 200] });
  assert.deepEqual(part.avatars[0].crop, [100, 50, 200, 200]);
});

test("a centered crop is accepted in American and in British spelling", async () => {
  const options = { sizes: [[64, 32]] };
  const [american, british, byDefault] = await Promise.all(
    [{ crop: "center" }, { crop: "centre" }, {}].map((crop) => roundel.render(astronaut, { ...options, ...crop })),
  );
  assert.equal(american.digest, byDefault.digest);
  assert.equal(british.digest, byDefault.digest);
});

test("an unsupported format names its feature, in this thread and in the worker", async () => {
  const pdf = new Blob(["%PDF-1.7"]);
  for (const method of ["render", "renderHere", "probe"]) {
    await assert.rejects(roundel[method](pdf), { code: "unsupported", feature: "pdf" }, method);
  }
  await assert.rejects(roundel.render(new Uint8Array()), { code: "malformed", feature: undefined });
});

/** A GIF of 2 x 1 pixels with two frames: white, then white and black. */
const twoFrames = Uint8Array.from([
  ...new TextEncoder().encode("GIF89a"), 2, 0, 1, 0, 0x80, 0, 0, 255, 255, 255, 0, 0, 0,
  0x2c, 0, 0, 0, 0, 2, 0, 1, 0, 0, 2, 2, 0x04, 0x0a, 0,
  0x2c, 0, 0, 0, 0, 2, 0, 1, 0, 0, 2, 2, 0x44, 0x0a, 0,
  0x3b,
]);

test("a frame of an animation is chosen by its name or its number", async () => {
  const digest = async (frame) => (await roundel.renderHere(twoFrames, { frame })).digest;
  const [first, second] = [await digest(0), await digest(1)];
  assert.equal(await digest("first"), first);
  assert.equal(await digest("poster"), second);
  assert.notEqual(first, second);
  await assert.rejects(digest(2), { code: "invalid_options" });
});

test("the share that is missing is reported", async () => {
  const whole = await roundel.renderHere(astronaut);
  assert.equal(whole.decoded.missing, 0);
  const half = astronaut.slice(0, astronaut.length / 2);
  const { decoded } = await roundel.renderHere(half, { accept_damaged: true });
  assert.ok(decoded.damaged && decoded.missing > 0.2 && decoded.missing < 0.8);
});

test("ImageData gives the same avatars as a file with its pixels", async () => {
  const data = new Uint8ClampedArray([255, 0, 0, 255, 0, 0, 255, 255]);
  const pixels = { width: 2, height: 1, data };
  const { avatars, source } = await roundel.render(pixels, { sizes: [[2, 1]], formats: "png" });
  assert.equal(source.format, "pixels");
  const again = await roundel.render(avatars[0].bytes, { sizes: [[2, 1]], formats: "png" });
  assert.equal(again.digest, (await roundel.renderHere(pixels, { sizes: [[2, 1]], formats: "png" })).digest);
  for (const wrong of [{ width: 3 }, { width: 0 }, { width: -2, height: -1 }]) {
    for (const method of ["render", "probe"]) {
      await assert.rejects(roundel[method]({ ...pixels, ...wrong }), { code: "invalid_options" }, method);
    }
  }
});

test("the stages of ImageData are reported", async () => {
  const pixels = { width: 1, height: 1, data: new Uint8Array(4) };
  for (const method of ["render", "renderHere"]) {
    const stages = [];
    await roundel[method](pixels, {}, { onProgress: (stage) => stages.push(stage) });
    assert.deepEqual(stages, ["plan", "decode", "resize", "encode"], method);
  }
});

test("a limit refuses ImageData with the same error in probe as in core", async () => {
  const pixels = { width: 2, height: 1, data: new Uint8Array(8) };
  const [inCore, inProbe] = await Promise.all(
    ["render", "probe"].map((method) => roundel[method](pixels, { limits: { width: 1 } }).catch((error) => error)),
  );
  assert.deepEqual([inProbe.code, inProbe.limit, inProbe.wanted, inProbe.allowed], ["limit_exceeded", "width", 2, 1]);
  assert.deepEqual({ ...inProbe, message: inProbe.message }, { ...inCore, message: inCore.message });
});

test("a trap in wasm is an internal error, and the next call works", async () => {
  const { default: init } = await import("../js/wasm/roundel.js");
  await roundel.renderHere(astronaut);
  const { memory } = await init();
  // With Rust's memory overwritten, the next call traps.
  new Uint8Array(memory.buffer).fill(0xff);
  await assert.rejects(roundel.renderHere(astronaut), { code: "internal" });
  assert.equal((await roundel.renderHere(astronaut)).avatars.length, 1);
});
