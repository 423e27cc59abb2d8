/** The browser example, built as the page's author would and used in Chromium. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { chromium, LONGEST } from "./browser-pages.js";
import { lend, serve } from "./form-server.js";

const EXAMPLE = fileURLToPath(new URL("../../../examples/browser/", import.meta.url));

let server, browser;
before(async () => {
  execFileSync("npm", ["run", "--silent", "build", "--", "--base", "/example/", "--logLevel", "warn"], { cwd: EXAMPLE, stdio: "inherit" });
  lend("example", `${EXAMPLE}dist`);
  server = await serve();
  browser = await chromium();
});
after(async () => {
  await browser?.close();
  server?.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`the example shows what a form would send, ${colorScheme}`, { timeout: LONGEST }, async () => {
    const page = await browser.page({ colorScheme });
    await page.goto(`${server.address}/example/index.html`);
    await page.own.click("#sample");
    await page.own.waitForFunction(() => document.getElementById("again").textContent.endsWith("same bytes"));
    await page.own.click("button.primary");
    await page.own.waitForSelector("#saved:not([hidden])");
    const lines = await page.evaluate(() => [...document.querySelectorAll("#fields li")].map((line) => line.textContent));
    assert.match(lines[0], /^avatar ?avatar-256\.jpg, [\d,.]+ bytes$/);
    assert.equal(lines.length, 4);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes[0].target]), []);
    assert.deepEqual(page.errors, []);
    await page.close();
  });
}
