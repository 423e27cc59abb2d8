/** The optional HEIC decoder. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { probe, render, renderHere } from "roundel";
import { heic } from "roundel/heic";

import { BROWSERS, launch } from "./browsers.js";
import { startServer } from "./server.js";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const CORPUS = process.env.ROUNDEL_CORPUS ?? fileURLToPath(new URL("../../../shared/corpus", import.meta.url));
const PHOTO = `${CORPUS}/heic/exif-samples__IMG_5195.HEIC`;
const skip = existsSync(PHOTO) ? false : `${PHOTO} is missing`;

const heicWith = (text) => Uint8Array.from(`\0\0\0\x18ftypheic\0\0\0\0mif1heic${text}`, (letter) => letter.charCodeAt(0));

test("a damaged HEIC is malformed, and unsupported without the decoder", async () => {
  await assert.rejects(render(heicWith("")), { code: "unsupported", feature: "heic", message: /HEIC/ });
  await assert.rejects(render(heicWith("junk"), {}, { decoders: [heic] }), { code: "malformed", message: /HEIC/ });
});

test("a photo in another format is not decoded", async () => {
  const text = new Blob(["hello"]);
  assert.equal(await heic.decode(text), undefined);
  await assert.rejects(render(text, {}, { decoders: [heic] }), { code: "unsupported" });
});

test("several decoders are tried in order", async () => {
  const red = { width: 1, height: 1, data: new Uint8Array([255, 0, 0, 255]) };
  const decoders = [{ decode: async () => undefined }, { decode: async () => red }];
  const { source } = await render(new Blob(["custom format"]), {}, { decoders });
  assert.equal(source.format, "pixels");
  assert.equal((await probe(new Blob(["custom format"]), {}, { decoders })).width, 1);
});

test("a phone's HEIC gives the same upright avatar in this thread and in the worker", { skip }, async () => {
  const photo = await readFile(PHOTO);
  const callOptions = { decoders: [heic] };
  const { source, digest } = await render(photo, {}, callOptions);
  assert.deepEqual([source.format, source.width, source.height], ["pixels", 2566, 3313]);
  assert.equal((await renderHere(new Blob([photo]), {}, callOptions)).digest, digest);
});

test("a HEIC over the limit of pixels is refused, and its decoding can be aborted", { skip }, async () => {
  const photo = await readFile(PHOTO);
  const limits = { pixels: 1_000_000 };
  const limitExceeded = { code: "limit_exceeded", limit: "pixels", wanted: 2566 * 3313, allowed: 1_000_000 };
  await assert.rejects(render(photo, { limits }, { decoders: [heic] }), limitExceeded);
  const controller = new AbortController();
  const callOptions = { decoders: [heic], signal: controller.signal };
  const rejection = assert.rejects(render(photo, {}, callOptions), { name: "AbortError" });
  setTimeout(() => controller.abort(), 100);
  await rejection;
});

for (const name of BROWSERS) {
  describe(name, () => {
    test("HEIC gives the same in the browser as in Node", { skip }, async () => {
      const server = await startServer(REPOSITORY);
      const browser = await launch(name);
      try {
        const page = await browser.newPage();
        page.setDefaultTimeout(0);
        await page.goto(`${server.origin}/wasm/tests/page.html`);
        await page.waitForFunction(() => window.roundel);
        const bytes = Array.from(await readFile(PHOTO));
        const digest = await page.evaluate(async (bytes) => {
          const { heic } = await import("/wasm/js/heic/index.js");
          const photo = new Blob([new Uint8Array(bytes)]);
          return (await window.roundel.render(photo, {}, { decoders: [heic] })).digest;
        }, bytes);
        assert.equal(digest, (await render(await readFile(PHOTO), {}, { decoders: [heic] })).digest);
      } finally {
        await browser.close();
        server.close();
      }
    });
  });
}
