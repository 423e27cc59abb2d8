import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chromium, firefox, LONGEST } from "./browser-pages.js";
import { scenarios } from "./scenarios.js";
import { serve } from "./form-server.js";

for (const [name, launch] of Object.entries({ Chromium: chromium, Firefox: firefox })) {
  describe(name, () => {
    let server, browser;
    before(async () => {
      server = await serve();
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      server.close();
    });

    for (const [what, run] of Object.entries(scenarios)) {
      test(what, { timeout: LONGEST }, async () => {
        const page = await browser.page();
        await page.goto(`${server.address}/pages/form.html`);
        await page.evaluate(() => customElements.whenDefined("roundel-picker").then(() => window.scene.picker.settled()));
        await run(page);
        assert.deepEqual(page.errors, []);
        assert.deepEqual(await page.evaluate(() => scene.violations), []);
        await page.close();
      });
    }
  });
}
