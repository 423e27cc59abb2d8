/** The built site in Chromium, in a folder of the server as on a page of a project. */

import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { launch } from "../../../../wasm/tests/browsers.js";
import { startServer } from "../../../../wasm/tests/server.js";
import { build } from "../../src/site.js";

/** The folder that the site is in. */
const BASE = "/some/project";

export const PHOTO = fileURLToPath(new URL("../../../../examples/photos/astronaut.jpg", import.meta.url));

/** Milliseconds for one test: far more than it needs, because the machine may be busy. */
export const timeout = 300_000;

export const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** Builds the site, serves it and starts the browser. */
export async function openSite() {
  const root = await mkdtemp(join(tmpdir(), "roundel-site-"));
  await build(join(root, "built"));
  await mkdir(join(root, BASE, ".."), { recursive: true });
  await symlink(join(root, "built"), join(root, BASE));
  const server = await startServer(root);
  const browser = await launch("chromium");
  return {
    address: `${server.origin}${BASE}`,
    /** A page, and the errors in it. @param {object} [options] of Playwright's `newContext` */
    async newPage(options = {}) {
      const context = await browser.newContext({ viewport: SIZES.desktop, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      const errors = [];
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("response", (response) => response.status() >= 400 && errors.push(`${response.status()} ${response.url()}`));
      return Object.assign(page, { errors, close: () => context.close() });
    },
    async close() {
      await browser.close();
      server.close();
      await rm(root, { recursive: true });
    },
  };
}
