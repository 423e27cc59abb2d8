/** The package in real browsers, on a page under a strict policy. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { launch, NAMES } from "./browsers.js";
import { serve } from "./server.js";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const ASTRONAUT = "/examples/photos/astronaut.jpg";

for (const name of NAMES) {
  describe(name, () => {
    let server, browser;
    before(async () => {
      server = await serve(REPOSITORY);
      browser = await launch(name);
    });
    after(async () => {
      await browser?.close();
      server.close();
    });

    /** Calls `act` on a fresh page, and looks that nothing was against the policy. */
    async function onPage(act, given, search = "") {
      const page = await browser.newPage();
      page.setDefaultTimeout(0);
      try {
        await page.goto(`${server.origin}/wasm/tests/page.html${search}`);
        await page.waitForFunction(() => window.roundel);
        const result = await page.evaluate(act, given);
        assert.deepEqual(await page.evaluate(() => window.violations), []);
        return result;
      } finally {
        await page.close();
      }
    }

    test("a File becomes Blobs, each stage is told, and simd is picked", async () => {
      const got = await onPage(async (path) => {
        const file = new File([await window.bytes(path)], "photo.jpg");
        const stages = [];
        const onProgress = (stage) => stages.push(stage);
        const { avatars, source, placeholder } = await window.roundel.render(file, { sizes: [64, [40, 20]] }, { onProgress });
        const bitmaps = await Promise.all(avatars.map(({ blob }) => createImageBitmap(blob)));
        const sizes = bitmaps.map(({ width, height }) => [width, height]);
        const { type } = avatars[0].blob;
        const hash = placeholder.thumbhash.length;
        return { stages, sizes, type, source, hash, loaded: window.loaded, workers: window.workers };
      }, ASTRONAUT);
      assert.deepEqual(got.stages, ["plan", "decode", "resize", "encode"]);
      assert.deepEqual(got.sizes, [[64, 64], [40, 20]]);
      assert.equal(got.type, "image/jpeg");
      assert.deepEqual([got.source.format, got.source.orientation], ["jpeg", 6]);
      assert.ok(got.hash >= 5 && got.hash <= 37);
      assert.ok(got.loaded.includes("roundel-simd.wasm"));
      assert.deepEqual(got.workers, { started: 1, stopped: 0 });
    });

    for (const [search, file] of [["", "roundel-simd.wasm"], ["?plain", "roundel.wasm"]]) {
      for (const verb of ["render", "renderHere"]) {
        test(`${verb} gives what Rust gives in every case, with ${file}`, async () => {
          const got = await onPage(
            async (verb) => {
              const { differences } = await import("/wasm/tests/cases.js");
              const file = await (await fetch("/core/cases.json")).json();
              const load = (path) => window.bytes(`/${path}`);
              const differ = await differences(file, load, window.roundel[verb]);
              return { differ, cases: file.cases.length, loaded: window.loaded };
            },
            verb,
            search,
          );
          assert.deepEqual(got.differ, []);
          assert.ok(got.cases > 40);
          assert.ok(got.loaded.includes(file), String(got.loaded));
        });
      }
    }

    test("each orientation is applied once, as the browser applies it", async () => {
      const found = await onPage(async (path) => {
        const { nearest } = await import("/wasm/tests/orientation.js");
        return nearest(window.roundel, await window.bytes(path));
      }, ASTRONAUT);
      assert.deepEqual(found, [1, 2, 3, 4, 5, 6, 7, 8]);
    });

    test("abort stops the worker, and only what it is at", async () => {
      const got = await onPage(async (path) => {
        const photo = await window.bytes(path);
        const controller = new AbortController();
        const onProgress = () => controller.abort();
        const stages = [];
        const first = window.roundel.render(photo, { sizes: [4000] }, { signal: controller.signal, onProgress });
        const second = window.roundel.render(photo, { sizes: [32] }, { onProgress: (stage) => stages.push(stage) });
        const aborted = await window.caught(first);
        const { digest } = await second;
        const early = await window.caught(
          window.roundel.render(photo, {}, { signal: AbortSignal.abort(new DOMException("no", "TimeoutError")) }),
        );
        return { aborted, digest, early, stages, workers: window.workers };
      }, ASTRONAUT);
      assert.equal(got.aborted.name, "AbortError");
      assert.equal(got.early.name, "TimeoutError");
      assert.match(got.digest, /^[0-9a-f]{64}$/);
      assert.equal(got.stages.length, 4);
      assert.deepEqual(got.workers, { started: 2, stopped: 1 });
    });

    test("an aborted call that waits leaves the worker alone", async () => {
      const got = await onPage(async (path) => {
        const photo = await window.bytes(path);
        const controller = new AbortController();
        const onProgress = () => controller.abort(); // the second has its place in the queue by then
        const first = window.roundel.render(photo, { sizes: [2000] }, { onProgress });
        const second = window.caught(window.roundel.render(photo, {}, { signal: controller.signal }));
        const [{ avatars }, error] = await Promise.all([first, second]);
        return { size: avatars[0].width, error, workers: window.workers };
      }, ASTRONAUT);
      assert.equal(got.size, 2000);
      assert.equal(got.error.name, "AbortError");
      assert.deepEqual(got.workers, { started: 1, stopped: 0 });
    });

    test("what onProgress throws rejects the call and stops its work", async () => {
      const got = await onPage(async (path) => {
        const photo = await window.bytes(path);
        const onProgress = () => {
          throw new TypeError("mine");
        };
        const errors = [];
        for (const verb of ["render", "renderHere"]) {
          errors.push(await window.caught(window.roundel[verb](photo, {}, { onProgress })));
          await window.roundel[verb](photo);
        }
        return errors.map(({ name, message }) => `${name}: ${message}`);
      }, ASTRONAUT);
      assert.deepEqual(got, ["TypeError: mine", "TypeError: mine"]);
    });

    test("a refusal says the same here and in the worker", async () => {
      const got = await onPage(async (path) => {
        const photo = await window.bytes(path);
        const calls = [
          [photo.subarray(0, 100)],
          [photo, { limits: { width: 10 } }],
          [photo, { sizes: [0] }],
          [photo, { quality: 10n }],
          ["a path"],
          [new ImageData(1, 1), { sizes: [] }],
        ];
        const told = [];
        for (const call of calls) {
          const [here, there] = ["renderHere", "render"].map((verb) => window.caught(window.roundel[verb](...call)));
          told.push([await here, await there]);
        }
        return told;
      }, ASTRONAUT);
      for (const [here, there] of got) assert.deepEqual(here, there);
      const [cut, limit, ...options] = got.map(([here]) => here);
      assert.deepEqual([cut.code, cut.kind, cut.offset], ["malformed", "Malformed", 56]);
      assert.deepEqual([limit.code, limit.limit, limit.wanted, limit.allowed], ["limit_exceeded", "width", 512, 10]);
      for (const refusal of options) assert.equal(refusal.code, "invalid_options", refusal.message);
    });

    test("the bytes that were handed over stay the caller's", async () => {
      const got = await onPage(async (path) => {
        const photo = await window.bytes(path);
        const { digest } = await window.roundel.render(photo);
        const inside = new Uint8Array(photo.length + 20);
        inside.set(photo, 10);
        const view = await window.roundel.render(inside.subarray(10, -10));
        const buffer = await window.roundel.render(photo.buffer);
        return [photo.length > 0, view.digest === digest, buffer.digest === digest];
      }, ASTRONAUT);
      assert.deepEqual(got, [true, true, true]);
    });

    test("a File and a buffer of another frame are a photo as well", async () => {
      const got = await onPage(async (path) => {
        const bytes = await window.bytes(path);
        const frame = document.body.appendChild(document.createElement("iframe"));
        const { File, Uint8Array } = frame.contentWindow;
        const theirs = Uint8Array.from(bytes);
        const photos = [new File([bytes], "photo.jpg"), theirs, theirs.buffer];
        const renders = photos.flatMap((photo) => ["render", "renderHere"].map((verb) => window.roundel[verb](photo)));
        const { digest } = await window.roundel.render(bytes);
        return (await Promise.all(renders)).map((rendered) => rendered.digest === digest);
      }, ASTRONAUT);
      assert.deepEqual(got, Array(6).fill(true));
    });

    test("200 photos are rendered by one worker", async () => {
      const workers = await onPage(async (path) => {
        const photo = new Blob([await window.bytes(path)]);
        for (let count = 0; count < 200; count += 1) {
          await window.roundel.render(photo, { sizes: [64 + (count % 8)] });
        }
        return window.workers;
      }, ASTRONAUT);
      assert.deepEqual(workers, { started: 1, stopped: 0 });
    });

    test("200 photos, every third refused or aborted, leave wasm's memory as large as 20", async () => {
      const [early, late] = await onPage(async (path) => {
        const photo = await window.bytes(path);
        const { default: init } = await import("/wasm/js/wasm/roundel.js");
        const abort = () => {
          throw new Error("enough");
        };
        const calls = [{}, { sizes: [0] }, {}, { limits: { work: 9 } }];
        const sizes = [];
        for (let count = 1; count <= 200; count += 1) {
          const onProgress = count % 40 === 0 ? abort : undefined;
          await window.caught(window.roundel.renderHere(photo, calls[count % 4], { onProgress }));
          if (count === 20 || count === 199) sizes.push((await init()).memory.buffer.byteLength);
        }
        return sizes;
      }, ASTRONAUT);
      assert.ok(late <= early, `${early} bytes after 20, ${late} after 199`);
    });

    test("a photo of 48 megapixels needs no canvas", async () => {
      const got = await onPage(async (path) => {
        for (const name of ["OffscreenCanvas", "createImageBitmap", "HTMLCanvasElement"]) delete window[name];
        const astronaut = await window.bytes(path);
        const large = { sizes: [[8000, 6000]], limits: { memory: 2 ** 31 } };
        const { avatars } = await window.roundel.renderHere(astronaut, large);
        const photo = avatars[0].bytes;
        const there = await window.roundel.render(photo, { sizes: [512] });
        const { initSync } = await import("/wasm/js/wasm/roundel.js");
        const sizes = [];
        const onProgress = () => sizes.push(initSync().memory.buffer.byteLength);
        const here = await window.roundel.renderHere(photo, { sizes: [512] }, { onProgress });
        const memory = Math.max(...sizes) - photo.length;
        return { source: there.source, same: there.digest === here.digest, memory };
      }, ASTRONAUT);
      assert.deepEqual(got.source.size, [8000, 6000]);
      assert.ok(got.same);
      assert.ok(got.memory < 32 << 20, `${got.memory} bytes over the photo`);
    });

    test("a format that core does not read is decoded by the browser, upright", async () => {
      const got = await onPage(async () => {
        const { AVIF } = await import("/wasm/tests/avif.js");
        const file = Uint8Array.from(atob(AVIF), (letter) => letter.charCodeAt(0));
        const { source, avatars } = await window.roundel.render(file, { sizes: [[8, 16]], format: "png" });
        const { corners } = await import("/wasm/tests/orientation.js");
        return { source, probed: await window.roundel.probe(file), corners: await corners(avatars[0].blob) };
      });
      // Stored 32 x 16 with red on the left, to be turned clockwise: red is on top.
      const { corners: [top, , , bottom], source } = got;
      assert.deepEqual([source.format, source.width, source.height], ["pixels", 16, 32]);
      assert.deepEqual(got.probed, source);
      assert.ok(top[0] > 200 && top[2] < 50, String(top));
      assert.ok(bottom[2] > 200 && bottom[0] < 50, String(bottom));
    });

    test("what the browser cannot decode either is refused as core refuses it", async () => {
      const got = await onPage(async () => {
        const texts = ["<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "hello"];
        return Promise.all(texts.map((text) => window.caught(window.roundel.render(new Blob([text])))));
      });
      assert.deepEqual(got.map(({ code }) => code), ["unsupported", "unsupported"]);
      assert.match(got[0].message, /SVG/);
    });

    test("limits hold for what the browser decodes", async () => {
      const got = await onPage(async () => {
        const { AVIF } = await import("/wasm/tests/avif.js");
        const file = Uint8Array.from(atob(AVIF), (letter) => letter.charCodeAt(0));
        return window.caught(window.roundel.render(file, { limits: { pixels: 100 } }));
      });
      assert.deepEqual([got.code, got.limit, got.wanted, got.allowed], ["limit_exceeded", "pixels", 512, 100]);
    });

    test("wasm that cannot be loaded is named, and asked for again", async () => {
      const got = await onPage(async (path) => {
        const photo = await window.bytes(path);
        const { fetch } = window;
        window.fetch = async () => new Response("", { status: 503 });
        const error = await window.caught(window.roundel.render(photo));
        window.fetch = async () => new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } });
        const page = await window.caught(window.roundel.render(photo));
        window.fetch = fetch;
        return { error, page, digest: (await window.roundel.render(photo)).digest };
      }, ASTRONAUT);
      assert.equal(got.error.code, "internal");
      assert.match(got.error.message, /roundel-simd\.wasm.*503/);
      assert.match(got.page.message, /roundel-simd\.wasm is a page.*README/);
      assert.match(got.digest, /^[0-9a-f]{64}$/);
    });
  });
}
