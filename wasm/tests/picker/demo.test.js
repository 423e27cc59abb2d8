/** The example page, built with Vite and used in Chromium. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { launchChromium, TEST_TIMEOUT } from "./browser-pages.js";
import { mount, startServer } from "./form-server.js";

const EXAMPLE = fileURLToPath(new URL("../../../examples/browser/", import.meta.url));

let server, browser;
before(async () => {
  execFileSync("npm", ["run", "--silent", "build", "--", "--base", "/example/", "--logLevel", "warn"], { cwd: EXAMPLE, stdio: "inherit" });
  mount("example", `${EXAMPLE}dist`);
  server = await startServer();
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  server?.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`the example shows the fields that the form sends, ${colorScheme}`, { timeout: TEST_TIMEOUT }, async () => {
    const page = await browser.openPage({ colorScheme });
    await page.goto(`${server.address}/example/index.html`);
    await page.driver.click("#sample");
    await page.driver.waitForFunction(() => document.getElementById("again").textContent.endsWith("same bytes"));
    await page.driver.click("button.primary");
    await page.driver.waitForSelector("#saved:not([hidden])");
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
