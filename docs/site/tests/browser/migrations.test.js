/** The programs of the migration pages, as the pages show them: both make the same avatars. */

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { probe } from "roundel";

import { launch } from "../../../../wasm/tests/browsers.js";
import { startServer } from "../../../../wasm/tests/server.js";
import { PHOTO, timeout } from "./chromium.js";

const FOLDER = new URL("../../migrate/", import.meta.url);
const load = (name) => import(new URL(name, FOLDER));

const installed = async (name) => (await import(new URL(`node_modules/${name}`, FOLDER))).default;

/** The mean difference of the pixels of two pictures at `size`, the second turned by 0, 90, 180 and 270 degrees. */
async function differences(a, b, size) {
  const sharp = await installed("sharp/dist/index.mjs");
  const pixels = (file, angle) => sharp(file).resize(size, size).rotate(angle).removeAlpha().raw().toBuffer();
  const first = await pixels(a, 0);
  const mean = (second) => first.reduce((sum, sample, index) => sum + Math.abs(sample - second[index]), 0) / first.length;
  return Promise.all([0, 90, 180, 270].map(async (angle) => mean(await pixels(b, angle))));
}

/** The codes of the markers of a JPEG up to its scan. */
function markersOf(jpeg) {
  const markers = [];
  for (let at = 2; jpeg[at + 1] !== 0xda; at += 2 + ((jpeg[at + 2] << 8) | jpeg[at + 3])) markers.push(jpeg[at + 1]);
  return markers;
}

const APP1 = 0xe1; // EXIF and XMP
const APP2 = 0xe2; // color profiles

/**
 * Both files are upright, without EXIF, and look the same. That of roundel has the size, and nothing but pixels.
 *
 * @param {{ size: number, beforeSize?: number }} sizes
 */
async function assertSame(before, after, { size, beforeSize = size }) {
  for (const [file, side] of [[before, beforeSize], [after, size]]) {
    const { width, height, orientation, format } = await probe(file);
    assert.deepEqual([width, height, orientation, format], [side, side, 1, "jpeg"]);
    assert.ok(!markersOf(file).includes(APP1));
  }
  assert.ok(!markersOf(after).includes(APP2));
  const [upright, ...turned] = await differences(before, after, size);
  assert.ok(upright < Math.min(...turned) / 3, `the files differ by ${upright}, and turned by ${turned}`);
}

test("the photo has an orientation and metadata, so that their removal shows", async () => {
  const photo = await readFile(PHOTO);
  assert.equal((await probe(photo)).orientation, 6);
  assert.ok(markersOf(photo).includes(APP1));
});

test("sharp and roundel make the same avatars", { timeout }, async () => {
  const photo = await readFile(PHOTO);
  const [before, after] = await Promise.all(["sharp/before.js", "sharp/after.js"].map(async (name) => (await load(name)).avatars(photo)));
  for (const [index, size] of [256, 64].entries()) await assertSame(before[index], after[index], { size });
});

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Migrations</title><link rel="icon" href="data:,"><style>.cropper { position: relative; height: 320px }</style><div id="root"></div><script type="module" src="/main.js"></script></html>`;
const MAIN = `
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { avatar as before } from "./browser-image-compression/before.js";
import { avatar as after } from "./browser-image-compression/after.js";
import { AvatarField as Before } from "./react-easy-crop/before.jsx";
import { AvatarField as After } from "./react-easy-crop/after.jsx";
import { cropped } from "./react-easy-crop/keep.js";

const bytes = async (blob) => [...new Uint8Array(await blob.arrayBuffer())];
const call = (run) => async (numbers, ...rest) => bytes(await run(new File([Uint8Array.from(numbers)], "photo.jpg", { type: "image/jpeg" }), ...rest));

const root = createRoot(document.getElementById("root"));
const show = (Field) => (photo) =>
  new Promise((resolve) => {
    root.render(createElement(Field, { key: Field.name + Math.random(), photo, onSave: resolve }));
  });

window.programs = {
  compressBefore: call(before),
  compressAfter: call(after),
  fieldBefore: call(show(Before)),
  fieldAfter: call(show(After)),
  keep: call(cropped),
};`;

let folder, server, browser;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "roundel-migrate-"));
  for (const name of ["browser-image-compression", "react-easy-crop"]) {
    await cp(new URL(name, FOLDER), join(folder, name), { recursive: true });
  }
  await symlink(fileURLToPath(new URL("node_modules", FOLDER)), join(folder, "node_modules"));
  await writeFile(join(folder, "index.html"), PAGE);
  await writeFile(join(folder, "main.js"), MAIN);
  const { build } = await import(new URL("node_modules/vite/dist/node/index.js", FOLDER));
  await build({ root: folder, logLevel: "warn", resolve: { dedupe: ["react", "react-dom"] }, build: { assetsInlineLimit: 0, target: "es2022" } });
  server = await startServer(join(folder, "dist"), { headers: { "Content-Security-Policy": "" } });
  browser = await launch("chromium");
});
after(async () => {
  await browser?.close();
  server?.close();
  if (folder) await rm(folder, { recursive: true });
});

async function openPrograms() {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${server.origin}/`);
  await page.waitForFunction(() => window.programs);
  return page;
}

const run = async (page, name, ...rest) => {
  const photo = [...(await readFile(PHOTO))];
  return Uint8Array.from(await page.evaluate(([program, file, others]) => window.programs[program](file, ...others), [name, photo, rest]));
};

test("both files have at most 20 kB; browser-image-compression also makes it smaller than 256 px", { timeout }, async () => {
  const page = await openPrograms();
  const [before, after] = [await run(page, "compressBefore"), await run(page, "compressAfter")];
  const { width: beforeSize } = await probe(before);
  assert.ok(beforeSize < 256);
  await assertSame(before, after, { size: 256, beforeSize });
  assert.ok(after.length <= 20_000 && before.length <= 20_480, `${before.length}, ${after.length}`);
  await page.close();
});

test("react-easy-crop with a canvas and the picker make the same file", { timeout }, async () => {
  const page = await openPrograms();
  const files = {};
  for (const name of ["fieldBefore", "fieldAfter"]) {
    const file = run(page, name);
    const save = page.locator("button:text-is('Save'):enabled");
    if (name === "fieldAfter") await page.waitForFunction(() => document.querySelector("roundel-picker")?.rendered);
    await save.click();
    files[name] = await file;
  }
  await assertSame(files.fieldBefore, files.fieldAfter, { size: 256 });
  await page.close();
});

test("react-easy-crop with roundel instead of a canvas makes the same file", { timeout }, async () => {
  const page = await openPrograms();
  const area = { x: 0, y: 0, width: 512, height: 512 };
  const kept = await run(page, "keep", area);
  const file = run(page, "fieldBefore");
  await page.locator("button:text-is('Save'):enabled").click();
  await assertSame(await file, kept, { size: 256 });
  await page.close();
});
