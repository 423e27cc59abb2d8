/** The package in browsers, on a page with a strict content security policy. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { BROWSERS, launch } from "./browsers.js";
import { startServer } from "./server.js";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const ASTRONAUT = "/examples/photos/astronaut.jpg";

for (const name of BROWSERS) {
  describe(name, () => {
    let server, browser;
    before(async () => {
      server = await startServer(REPOSITORY);
      browser = await launch(name);
    });
    after(async () => {
      await browser?.close();
      server.close();
    });

    /** Calls `run` on a new page and checks that nothing violated the policy. */
    async function onPage(run, argument, search = "") {
      const page = await browser.newPage();
      page.setDefaultTimeout(0);
      try {
        await page.goto(`${server.origin}/wasm/tests/page.html${search}`);
        await page.waitForFunction(() => window.roundel);
        const result = await page.evaluate(run, argument);
        assert.deepEqual(await page.evaluate(() => window.violations), []);
        return result;
      } finally {
        await page.close();
      }
    }

    test("a File gives Blobs, each stage is reported, and the simd build is loaded", async () => {
      const actual = await onPage(async (path) => {
        const file = new File([await window.fetchBytes(path)], "photo.jpg");
        const stages = [];
        const onProgress = (stage) => stages.push(stage);
        const { avatars, source, placeholder } = await window.roundel.render(file, { sizes: [64, [40, 20]] }, { onProgress });
        const bitmaps = await Promise.all(avatars.map(({ blob }) => createImageBitmap(blob)));
        const sizes = bitmaps.map(({ width, height }) => [width, height]);
        const { type } = avatars[0].blob;
        const hash = placeholder.thumbhash.length;
        return { stages, sizes, type, source, hash, loaded: window.loaded, workers: window.workers };
      }, ASTRONAUT);
      assert.deepEqual(actual.stages, ["plan", "decode", "resize", "encode"]);
      assert.deepEqual(actual.sizes, [[64, 64], [40, 20]]);
      assert.equal(actual.type, "image/jpeg");
      assert.deepEqual([actual.source.format, actual.source.orientation], ["jpeg", 6]);
      assert.ok(actual.hash >= 5 && actual.hash <= 37);
      assert.ok(actual.loaded.includes("roundel-simd.wasm"));
      assert.deepEqual(actual.workers, { started: 1, stopped: 0 });
    });

    for (const [search, file] of [["", "roundel-simd.wasm"], ["?plain", "roundel.wasm"]]) {
      for (const method of ["render", "renderHere"]) {
        test(`${method} gives the same as Rust in every case, with ${file}`, async () => {
          const actual = await onPage(
            async (method) => {
              const { differences } = await import("/wasm/tests/cases.js");
              const { heic } = await import("/wasm/js/heic/index.js");
              const file = await (await fetch("/core/cases.json")).json();
              // Without simd128 the browser decodes them, if it can.
              if (location.search) file.cases = file.cases.filter(({ feature }) => !["avif", "heic"].includes(feature));
              const load = (path) => window.fetchBytes(`/${path}`);
              const render = (photo, options) => window.roundel[method](photo, options, { decoders: [heic] });
              const differing = await differences(file, load, render, ["avif", "heic"]);
              return { differing, cases: file.cases.length, loaded: window.loaded };
            },
            method,
            search,
          );
          assert.deepEqual(actual.differing, []);
          assert.ok(actual.cases > 40);
          const formats = search ? [] : ["avif.wasm", "heic.wasm"];
          for (const name of [file, ...formats]) assert.ok(actual.loaded.includes(name), String(actual.loaded));
        });
      }
    }

    test("each orientation is applied once, as in the browser", async () => {
      const nearest = await onPage(async (path) => {
        const { nearestOrientations } = await import("/wasm/tests/orientation.js");
        return nearestOrientations(window.roundel, await window.fetchBytes(path));
      }, ASTRONAUT);
      assert.deepEqual(nearest, [1, 2, 3, 4, 5, 6, 7, 8]);
    });

    test("an abort stops the worker and rejects only its own call", async () => {
      const actual = await onPage(async (path) => {
        const photo = await window.fetchBytes(path);
        const controller = new AbortController();
        const onProgress = () => controller.abort();
        const stages = [];
        const first = window.roundel.render(photo, { sizes: [4000] }, { signal: controller.signal, onProgress });
        const second = window.roundel.render(photo, { sizes: [32] }, { onProgress: (stage) => stages.push(stage) });
        const aborted = await window.catchError(first);
        const { digest } = await second;
        const early = await window.catchError(
          window.roundel.render(photo, {}, { signal: AbortSignal.abort(new DOMException("too late", "TimeoutError")) }),
        );
        return { aborted, digest, early, stages, workers: window.workers };
      }, ASTRONAUT);
      assert.equal(actual.aborted.name, "AbortError");
      assert.equal(actual.early.name, "TimeoutError");
      assert.match(actual.digest, /^[0-9a-f]{64}$/);
      assert.equal(actual.stages.length, 4);
      assert.deepEqual(actual.workers, { started: 2, stopped: 1 });
    });

    test("an aborted call in the queue does not stop the worker", async () => {
      const actual = await onPage(async (path) => {
        const photo = await window.fetchBytes(path);
        const controller = new AbortController();
        const onProgress = () => controller.abort(); // the second call is in the queue by then
        const first = window.roundel.render(photo, { sizes: [2000] }, { onProgress });
        const second = window.catchError(window.roundel.render(photo, {}, { signal: controller.signal }));
        const [{ avatars }, error] = await Promise.all([first, second]);
        return { size: avatars[0].width, error, workers: window.workers };
      }, ASTRONAUT);
      assert.equal(actual.size, 2000);
      assert.equal(actual.error.name, "AbortError");
      assert.deepEqual(actual.workers, { started: 1, stopped: 0 });
    });

    test("an exception in onProgress rejects the call and stops the work", async () => {
      const actual = await onPage(async (path) => {
        const photo = await window.fetchBytes(path);
        const onProgress = () => {
          throw new TypeError("from onProgress");
        };
        const errors = [];
        for (const method of ["render", "renderHere"]) {
          errors.push(await window.catchError(window.roundel[method](photo, {}, { onProgress })));
          await window.roundel[method](photo);
        }
        return errors.map(({ name, message }) => `${name}: ${message}`);
      }, ASTRONAUT);
      assert.deepEqual(actual, ["TypeError: from onProgress", "TypeError: from onProgress"]);
    });

    test("an error is the same in this thread and in the worker", async () => {
      const actual = await onPage(async (path) => {
        const photo = await window.fetchBytes(path);
        const calls = [
          [photo.subarray(0, 100)],
          [photo, { limits: { width: 10 } }],
          [photo, { sizes: [0] }],
          [photo, { quality: 10n }],
          ["a path"],
          [new ImageData(1, 1), { sizes: [] }],
        ];
        const errors = [];
        for (const call of calls) {
          const [here, inWorker] = ["renderHere", "render"].map((method) => window.catchError(window.roundel[method](...call)));
          errors.push([await here, await inWorker]);
        }
        return errors;
      }, ASTRONAUT);
      for (const [here, inWorker] of actual) assert.deepEqual(here, inWorker);
      const [truncated, limit, ...options] = actual.map(([here]) => here);
      assert.deepEqual([truncated.code, truncated.kind, truncated.offset], ["malformed", "Malformed", 56]);
      assert.deepEqual([limit.code, limit.limit, limit.wanted, limit.allowed], ["limit_exceeded", "width", 512, 10]);
      for (const error of options) assert.equal(error.code, "invalid_options", error.message);
    });

    test("the caller keeps its bytes", async () => {
      const actual = await onPage(async (path) => {
        const photo = await window.fetchBytes(path);
        const { digest } = await window.roundel.render(photo);
        const padded = new Uint8Array(photo.length + 20);
        padded.set(photo, 10);
        const view = await window.roundel.render(padded.subarray(10, -10));
        const buffer = await window.roundel.render(photo.buffer);
        return [photo.length > 0, view.digest === digest, buffer.digest === digest];
      }, ASTRONAUT);
      assert.deepEqual(actual, [true, true, true]);
    });

    test("a File and a buffer of another frame are accepted", async () => {
      const actual = await onPage(async (path) => {
        const bytes = await window.fetchBytes(path);
        const frame = document.body.appendChild(document.createElement("iframe"));
        const { File, Uint8Array } = frame.contentWindow;
        const foreign = Uint8Array.from(bytes);
        const photos = [new File([bytes], "photo.jpg"), foreign, foreign.buffer];
        const renders = photos.flatMap((photo) => ["render", "renderHere"].map((method) => window.roundel[method](photo)));
        const { digest } = await window.roundel.render(bytes);
        return (await Promise.all(renders)).map((rendered) => rendered.digest === digest);
      }, ASTRONAUT);
      assert.deepEqual(actual, Array(6).fill(true));
    });

    test("200 photos are rendered by one worker", async () => {
      const workers = await onPage(async (path) => {
        const photo = new Blob([await window.fetchBytes(path)]);
        for (let count = 0; count < 200; count += 1) {
          await window.roundel.render(photo, { sizes: [64 + (count % 8)] });
        }
        return window.workers;
      }, ASTRONAUT);
      assert.deepEqual(workers, { started: 1, stopped: 0 });
    });

    test("after 200 photos, some refused or aborted, wasm's memory is no larger than after 20", async () => {
      const [early, late] = await onPage(async (path) => {
        const photo = await window.fetchBytes(path);
        const { default: init } = await import("/wasm/js/wasm/roundel.js");
        const abort = () => {
          throw new Error("aborted");
        };
        const calls = [{}, { sizes: [0] }, {}, { limits: { work: 9 } }];
        const sizes = [];
        for (let count = 1; count <= 200; count += 1) {
          const onProgress = count % 40 === 0 ? abort : undefined;
          await window.catchError(window.roundel.renderHere(photo, calls[count % 4], { onProgress }));
          if (count === 20 || count === 199) sizes.push((await init()).memory.buffer.byteLength);
        }
        return sizes;
      }, ASTRONAUT);
      assert.ok(late <= early, `${early} bytes after 20, ${late} after 199`);
    });

    test("a photo of 48 megapixels is rendered without a canvas", async () => {
      const actual = await onPage(async (path) => {
        for (const name of ["OffscreenCanvas", "createImageBitmap", "HTMLCanvasElement"]) delete window[name];
        const astronaut = await window.fetchBytes(path);
        const large = { sizes: [[8000, 6000]], limits: { memory: 2 ** 31 } };
        const { avatars } = await window.roundel.renderHere(astronaut, large);
        const photo = avatars[0].bytes;
        const inWorker = await window.roundel.render(photo, { sizes: [512] });
        const { initSync } = await import("/wasm/js/wasm/roundel.js");
        const sizes = [];
        const onProgress = () => sizes.push(initSync().memory.buffer.byteLength);
        const here = await window.roundel.renderHere(photo, { sizes: [512] }, { onProgress });
        const memory = Math.max(...sizes) - photo.length;
        return { source: inWorker.source, isSame: inWorker.digest === here.digest, memory };
      }, ASTRONAUT);
      assert.deepEqual(actual.source.size, [8000, 6000]);
      assert.ok(actual.isSame);
      assert.ok(actual.memory < 32 << 20, `${actual.memory} bytes in addition to the photo`);
    });

    test("a format that roundel does not read is decoded by the browser, upright", async () => {
      const actual = await onPage(async () => {
        const { AVIF } = await import("/wasm/tests/avif.js");
        const file = Uint8Array.from(atob(AVIF), (letter) => letter.charCodeAt(0));
        const { source, avatars } = await window.roundel.render(file, { sizes: [[8, 16]], formats: "png" });
        const { corners } = await import("/wasm/tests/orientation.js");
        return { source, probed: await window.roundel.probe(file), corners: await corners(avatars[0].blob) };
      }, undefined, "?plain");
      // Stored 32 x 16 with red on the left, and rotated clockwise: red is at the top.
      const { corners: [top, , , bottom], source } = actual;
      assert.deepEqual([source.format, source.width, source.height], ["pixels", 16, 32]);
      assert.deepEqual(actual.probed, source);
      assert.ok(top[0] > 200 && top[2] < 50, String(top));
      assert.ok(bottom[2] > 200 && bottom[0] < 50, String(bottom));
    });

    test("a format that the browser does not support either gives core's error", async () => {
      const actual = await onPage(async () => {
        const texts = ["<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "hello"];
        return Promise.all(texts.map((text) => window.catchError(window.roundel.render(new Blob([text])))));
      });
      assert.deepEqual(actual.map(({ code }) => code), ["unsupported", "unsupported"]);
      assert.match(actual[0].message, /SVG/);
    });

    test("limits apply to photos that the browser decodes", async () => {
      const actual = await onPage(async () => {
        const { AVIF } = await import("/wasm/tests/avif.js");
        const file = Uint8Array.from(atob(AVIF), (letter) => letter.charCodeAt(0));
        return window.catchError(window.roundel.render(file, { limits: { pixels: 100 } }));
      }, undefined, "?plain");
      assert.deepEqual([actual.code, actual.limit, actual.wanted, actual.allowed], ["limit_exceeded", "pixels", 512, 100]);
    });

    test("an error names the wasm that cannot be loaded, and the next call loads it again", async () => {
      const actual = await onPage(async (path) => {
        const photo = await window.fetchBytes(path);
        const { fetch } = window;
        window.fetch = async () => new Response("", { status: 503 });
        const error = await window.catchError(window.roundel.render(photo));
        window.fetch = async () => new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } });
        const page = await window.catchError(window.roundel.render(photo));
        window.fetch = fetch;
        return { error, page, digest: (await window.roundel.render(photo)).digest };
      }, ASTRONAUT);
      assert.equal(actual.error.code, "internal");
      assert.match(actual.error.message, /503 for .*roundel-simd\.wasm/);
      assert.match(actual.page.message, /a page for .*roundel-simd\.wasm.*README/);
      assert.match(actual.digest, /^[0-9a-f]{64}$/);
    });
  });
}
