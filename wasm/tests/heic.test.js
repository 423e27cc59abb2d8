/** HEIC by the decoder that an app opts in to. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { probe, render, renderHere } from "roundel";
import { heic } from "roundel/heic";

import { launch, NAMES } from "./browsers.js";
import { serve } from "./server.js";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const CORPUS = process.env.ROUNDEL_CORPUS ?? fileURLToPath(new URL("../../../shared/corpus", import.meta.url));
const PHOTO = `${CORPUS}/heic/exif-samples__IMG_5195.HEIC`;
const skip = existsSync(PHOTO) ? false : `${PHOTO} is not here`;

const box = (text) => Uint8Array.from(`\0\0\0\x18ftypheic\0\0\0\0mif1heic${text}`, (letter) => letter.charCodeAt(0));

test("a damaged HEIC is malformed, and without the decoder unsupported", async () => {
  await assert.rejects(render(box("")), { code: "unsupported", message: /HEIC/ });
  await assert.rejects(render(box("junk"), {}, { decoders: [heic] }), { code: "malformed", message: /HEIC/ });
});

test("another format is none of its business", async () => {
  const text = new Blob(["hello"]);
  assert.equal(await heic.decode(text), undefined);
  await assert.rejects(render(text, {}, { decoders: [heic] }), { code: "unsupported" });
});

test("a decoder of your own is asked in turn", async () => {
  const red = { width: 1, height: 1, data: new Uint8Array([255, 0, 0, 255]) };
  const decoders = [{ decode: async () => undefined }, { decode: async () => red }];
  const { source } = await render(new Blob(["mine"]), {}, { decoders });
  assert.equal(source.format, "pixels");
  assert.equal((await probe(new Blob(["mine"]), {}, { decoders })).width, 1);
});

test("a phone's HEIC becomes an upright avatar, here and in the worker", { skip }, async () => {
  const photo = await readFile(PHOTO);
  const call = { decoders: [heic] };
  const { source, digest } = await render(photo, {}, call);
  assert.deepEqual([source.format, source.width, source.height], ["pixels", 2566, 3313]);
  assert.equal((await renderHere(new Blob([photo]), {}, call)).digest, digest);
});

test("the limits of pixels and an abort hold for a HEIC", { skip }, async () => {
  const photo = await readFile(PHOTO);
  const limits = { pixels: 1_000_000 };
  const refusal = { code: "limit_exceeded", limit: "pixels", allowed: 1_000_000 };
  await assert.rejects(render(photo, { limits }, { decoders: [heic] }), refusal);
  const controller = new AbortController();
  const call = { decoders: [heic], signal: controller.signal };
  const refused = assert.rejects(render(photo, {}, call), { name: "AbortError" });
  setTimeout(() => controller.abort(), 100);
  await refused;
});

for (const name of NAMES) {
  describe(name, () => {
    test("HEIC in the browser gives what it gives in Node", { skip }, async () => {
      const server = await serve(REPOSITORY);
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
