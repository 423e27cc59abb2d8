/** The playground as visitors use it. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import axe from "axe-core";

import { openSite, PHOTO, SIZES, timeout } from "./chromium.js";

let site;
before(async () => (site = await openSite()));
after(() => site?.close());

async function openPlayground(options = {}, hash = "") {
  const page = await site.newPage(options);
  await page.goto(`${site.address}/playground.html${hash}`);
  return page;
}

const rendered = (page) => page.waitForSelector("#result:not([hidden])");
const status = (page) => page.textContent("#status");

/** Changes an option, and waits for the avatars of it. */
async function change(page, action) {
  await page.$eval("#status", (element) => (element.textContent = ""));
  await action();
  await page.waitForFunction(() => document.getElementById("status").textContent);
}

/** A transfer of a file, as dragging and pasting bring it. */
const transferOf = async (page) =>
  page.evaluateHandle((base64) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    transfer.items.add(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
    return transfer;
  }, (await readFile(PHOTO)).toString("base64"));

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(`the sample is rendered by one click, ${size}, ${colorScheme}`, { timeout }, async () => {
      const page = await openPlayground({ viewport, colorScheme });
      await page.click("#sample");
      await rendered(page);
      assert.match(await status(page), /^3 avatars in [\d.]+ ms, [\d.]+ kB$/);
      assert.equal(await page.locator("#avatars li").count(), 3);
      assert.match(await page.textContent("#photo-facts"), /^JPEG, 512 × 512, [\d.]+ kB, orientation 6$/);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes[0].target]), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
      assert.deepEqual(page.errors, []);
      await page.close();
    });
  }
}

test("a photo can be chosen, dropped and pasted", { timeout }, async () => {
  const ways = {
    chosen: (page) => page.setInputFiles("#file", PHOTO),
    dropped: async (page) => page.dispatchEvent("#drop", "drop", { dataTransfer: await transferOf(page) }),
    pasted: async (page) => {
      const clipboardData = await transferOf(page);
      await page.evaluate((data) => document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data })), clipboardData);
    },
  };
  for (const bring of Object.values(ways)) {
    const page = await openPlayground();
    await bring(page);
    await rendered(page);
    await page.close();
  }
});

test("nothing is sent anywhere", { timeout }, async () => {
  const page = await openPlayground();
  const requests = [];
  page.on("request", (request) => requests.push(`${request.method()} ${new URL(request.url()).origin}`));
  await page.setInputFiles("#file", PHOTO);
  await rendered(page);
  const origin = new URL(site.address).origin;
  assert.deepEqual([...new Set(requests)].filter((request) => request !== `GET ${origin}` && !request.startsWith("GET null")), []);
  await page.close();
});

test("each option changes the avatars, the code and the link", { timeout }, async () => {
  const page = await openPlayground();
  await page.click("#sample");
  await rendered(page);
  await change(page, () => page.fill("#option-sizes", "40x120"));
  await change(page, () => page.selectOption("#option-crop", "face"));
  assert.match(await page.textContent("#facts"), /Faces1, score/);
  await change(page, () => page.check('#options input[value="png"]'));
  assert.equal(await page.locator("#avatars li").count(), 2);
  assert.match(await page.textContent("#code-python"), /sizes=\[\(40, 120\)\], formats=\["jpeg", "png"\]|formats/);
  assert.match(decodeURIComponent(new URL(page.url()).hash), /"crop":"face"/);
  const shared = page.url();
  const other = await openPlayground({}, new URL(shared).hash);
  assert.equal(await other.inputValue("#option-sizes"), "40x120");
  assert.equal(await other.inputValue("#option-crop"), "face");
  assert.equal(await other.textContent("#code-rust"), await page.textContent("#code-rust"));
  assert.deepEqual([...page.errors, ...other.errors], []);
  await other.close();
  await page.close();
});

test("a click on the photo moves the crop there, and Reset takes it back", { timeout }, async () => {
  const page = await openPlayground();
  await page.click("#sample");
  await rendered(page);
  await change(page, () => page.fill("#option-sizes", "100x200"));
  await change(page, () => page.click("#photo-crop", { position: { x: 200, y: 60 } }));
  assert.equal(await page.inputValue("#option-crop"), "point");
  assert.match(await page.textContent("#code-json"), /"crop": \[\s*0\.\d+,\s*0\.\d+\s*\]/);
  await change(page, () => page.click("#reset"));
  assert.equal(await page.inputValue("#option-crop"), "center");
  assert.equal(await page.inputValue("#option-sizes"), "256, 96, 48");
  await page.close();
});

test("a file that is no photo, a limit and wrong sizes are told in sentences", { timeout }, async () => {
  const page = await openPlayground();
  const error = async () => page.textContent("#error:not([hidden])");
  await page.setInputFiles("#file", { name: "notes.jpg", mimeType: "image/jpeg", buffer: Buffer.from("%PDF-1.7 no photo") });
  assert.match(await error(), /^[A-Z].*\. Choose a JPEG, PNG, WebP, GIF or BMP\.$/);
  await page.setInputFiles("#file", PHOTO);
  await rendered(page);
  assert.equal(await page.isVisible("#error"), false);
  await page.click("summary >> text=Limits");
  await page.fill("#limit-pixels", "1000");
  assert.match(await error(), /The limit pixels is 1000/);
  await page.fill("#limit-pixels", "");
  await rendered(page);
  await page.fill("#option-sizes", "big");
  assert.match(await error(), /^Sizes are numbers of pixels/);
  await page.close();
});

test("options that browsers do not have are previewed, with a note", { timeout }, async () => {
  const page = await openPlayground();
  await page.click("#sample");
  await rendered(page);
  await change(page, async () => {
    await page.check('#options input[value="webp"]');
    await page.selectOption("#option-effort", "small");
  });
  assert.match(await page.textContent("#notes"), /does not write lossy WebP/);
  assert.match(await page.textContent("#code-rust"), /Cargo features: webp-lossy, jpeg-small/);
  await page.close();
});

test("a damaged link is told, and the page works", { timeout }, async () => {
  const page = await openPlayground({}, "#options=%7B");
  assert.match(await page.textContent("#error"), /^The link is damaged/);
  const odd = await openPlayground({}, `#options=${encodeURIComponent('{"quality":"<b>","sizes":7,"crop":{},"other":1}')}`);
  assert.match(await odd.textContent("#error"), /does not know: other\.$/);
  await odd.click("#sample");
  await rendered(odd);
  assert.deepEqual([...page.errors, ...odd.errors], []);
  await odd.close();
  await page.close();
});
