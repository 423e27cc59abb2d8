import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchChromium, launchFirefox, TEST_TIMEOUT } from "./browser-pages.js";
import { startServer } from "./form-server.js";
import { scenarios } from "./scenarios.js";

for (const [name, launch] of Object.entries({ Chromium: launchChromium, Firefox: launchFirefox })) {
  describe(name, () => {
    let server, browser;
    before(async () => {
      server = await startServer();
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      server.close();
    });

    for (const [title, run] of Object.entries(scenarios)) {
      test(title, { timeout: TEST_TIMEOUT }, async () => {
        const page = await browser.openPage();
        await page.goto(`${server.address}/pages/form.html`);
        await page.evaluate(() => customElements.whenDefined("roundel-picker").then(() => window.harness.picker.settled()));
        await run(page);
        assert.deepEqual(page.errors, []);
        assert.deepEqual(await page.evaluate(() => harness.violations), []);
        await page.close();
      });
    }
  });
}
