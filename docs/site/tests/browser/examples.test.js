/** The program for browsers, as the README and the first page show it. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { probe } from "roundel";

import { codeIn } from "../../src/repository.js";
import { openSite, PHOTO, timeout } from "./chromium.js";

let site;
before(async () => (site = await openSite()));
after(() => site?.close());

test("the program for browsers shows an avatar and uploads it", { timeout }, async () => {
  const page = await site.newPage();
  const imports = JSON.stringify({ imports: { roundel: "./roundel/index.js" } });
  const program = codeIn("README.md#in-the-browser", "js");
  const body = `<!doctype html><input type="file"><img alt="">
<script type="importmap">${imports}</script><script type="module">${program}</script>`;
  await page.route("**/example.html", (route) => route.fulfill({ contentType: "text/html", body }));
  const uploads = [];
  await page.route("**/avatar", async (route) => {
    uploads.push(route.request());
    await route.fulfill({ status: 204 });
  });
  await page.goto(`${site.address}/example.html`);
  const upload = page.waitForResponse("**/avatar");
  await page.setInputFiles("input", PHOTO);
  await upload;
  assert.deepEqual(uploads.map((request) => request.method()), ["PUT"]);
  assert.equal((await probe(uploads[0].postDataBuffer())).width, 512);
  assert.equal(await page.$eval("img", (image) => image.decode().then(() => image.naturalWidth)), 512);
  await page.close();
});
