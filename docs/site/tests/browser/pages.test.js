/** Every page: accessible, without errors, and not wider than the screen. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import axe from "axe-core";

import { PAGES } from "../../src/contents.js";
import { openSite, SIZES, timeout } from "./chromium.js";

let site;
before(async () => (site = await openSite()));
after(() => site?.close());

const findings = (page) =>
  page.evaluate(async () => {
    // The picker has tests of its own in wasm/tests/picker.
    const { violations } = await axe.run({ exclude: ["roundel-picker"] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
  });

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(`axe finds nothing on any page, ${size}, ${colorScheme}`, { timeout }, async () => {
      const page = await site.newPage({ viewport, colorScheme });
      for (const { name } of PAGES) {
        await page.goto(`${site.address}/${name}.html`);
        await page.evaluate(axe.source);
        assert.deepEqual(await findings(page), [], name);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wider <= 0, `${name} is ${wider} px wider than the screen`);
      }
      assert.deepEqual(page.errors, []);
      await page.close();
    });
  }
}

test("the theme goes from the system's to light to dark, and is kept on the next page", { timeout }, async () => {
  const page = await site.newPage({ colorScheme: "light" });
  await page.goto(`${site.address}/index.html`);
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  assert.equal(await background(), "rgb(255, 255, 255)");
  await page.click("#theme");
  await page.click("#theme");
  assert.equal(await background(), "rgb(15, 17, 20)");
  await page.goto(`${site.address}/rust.html`);
  assert.equal(await background(), "rgb(15, 17, 20)");
  await page.close();
});

test("tabs are moved through with the arrow keys, and one panel is shown", { timeout }, async () => {
  const page = await site.newPage();
  await page.goto(`${site.address}/index.html`);
  await page.focus('[role="tab"]');
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.textContent(":focus"), "Python");
  const shown = await page.$$eval('[role="tabpanel"]', (panels) => panels.filter((panel) => !panel.hidden).map((panel) => panel.dataset.label));
  assert.deepEqual(shown, ["Python"]);
  await page.close();
});

test("the menu on a phone opens by keyboard and leads to a page", { timeout }, async () => {
  const page = await site.newPage({ viewport: SIZES.phone });
  await page.goto(`${site.address}/index.html`);
  assert.equal(await page.isVisible("#side"), false);
  await page.focus("#menu summary");
  await page.keyboard.press("Enter");
  await page.click("#side >> text=Errors");
  assert.equal(await page.textContent("h1"), "Errors");
  await page.close();
});

test("without scripts, all pages are reached and all code is shown", { timeout }, async () => {
  const page = await site.newPage({ javaScriptEnabled: false, viewport: SIZES.phone });
  await page.goto(`${site.address}/index.html`);
  assert.equal(await page.isVisible("#side"), true);
  assert.equal(await page.locator(".tabs section:visible").count(), 6);
  await page.close();
});

test("the picker on its page makes the files of the form", { timeout }, async () => {
  const page = await site.newPage();
  await page.goto(`${site.address}/picker.html`);
  await page.click("#sample");
  await page.waitForFunction(() => document.getElementById("picked").textContent);
  assert.match(await page.textContent("#picked"), /avatar-256\.jpg, [\d,]+ bytes and avatar-64\.jpg/);
  assert.deepEqual(page.errors, []);
  await page.close();
});
