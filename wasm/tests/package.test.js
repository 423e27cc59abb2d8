/** The packed package, installed in a new app, built with common bundlers and used. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { createServer } from "vite";

import { launch } from "./browsers.js";
import { startServer } from "./server.js";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const PHOTO = join(PACKAGE, "../examples/photos/astronaut.jpg");
const run = (command, args, cwd) => promisify(execFile)(command, args, { cwd });
const bin = (name) => join(PACKAGE, "node_modules/.bin", name);

let app, browser;

before(async () => {
  app = await mkdtemp(join(tmpdir(), "roundel-app-"));
  await cp(join(PACKAGE, "tests/app"), app, { recursive: true });
  await writeFile(join(app, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", app], PACKAGE);
  const install = ["install", "--silent", "--offline", "--no-audit", join(app, stdout.trim())];
  await run("npm", install, app);
  browser = await launch("chromium");
});

after(async () => {
  await browser?.close();
  await rm(app, { recursive: true, force: true });
});

/** Chooses a photo in the app at `url`. Returns the app's output and the errors in the console. */
async function useApp(url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  const errors = [];
  page.on("console", (message) => {
    if (message.type() !== "error" || message.location().url.endsWith("/favicon.ico")) return;
    errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  await page.setInputFiles("input", PHOTO);
  await page.waitForFunction(() => document.querySelector("output").textContent);
  const text = await page.evaluate(() => document.querySelector("output").textContent);
  await page.close();
  return { text, errors };
}

async function useAppIn(folder) {
  const server = await startServer(folder);
  try {
    return await useApp(`${server.origin}/`);
  } finally {
    server.close();
  }
}

async function freePort() {
  const server = await startServer(app);
  server.close();
  return Number(new URL(server.origin).port);
}

const assertWorks = ({ text, errors }) => {
  assert.deepEqual(errors, []);
  assert.match(text, /^jpeg,true,\d+$/);
};

test("an app built with Vite works under a strict policy", async () => {
  await run(bin("vite"), ["build", "--logLevel", "warn", "--base", "./"], app);
  assertWorks(await useAppIn(join(app, "dist")));
});

test("an app works on Vite's development server", async () => {
  const vite = await createServer({ root: app, logLevel: "error", server: { port: await freePort() } });
  await vite.listen();
  try {
    assertWorks(await useApp(vite.resolvedUrls.local[0]));
  } finally {
    await vite.close();
  }
});

test("an app built with webpack works under a strict policy", async () => {
  const folder = join(app, "packed");
  await run(bin("webpack"), ["--mode", "production", "--entry", "./main.js", "--output-path", folder], app);
  const page = await readFile(join(app, "index.html"), "utf8");
  await writeFile(join(folder, "index.html"), page.replace("module", "text/javascript").replace("<script", "<script defer"));
  assertWorks(await useAppIn(folder));
});

test("an app without a bundler imports the package by its path", async () => {
  const page = join(app, "main.js");
  const source = await readFile(page, "utf8");
  await writeFile(page, source.replace(/"roundel(.*)"/g, '"./node_modules/roundel/js$1/index.js"'));
  assertWorks(await useAppIn(app));
  await writeFile(page, source);
});

test("the package has no dependencies and no unneeded files", async () => {
  const folder = join(app, "node_modules/roundel");
  const { dependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  assert.equal(dependencies, undefined);
  assert.deepEqual((await readdir(folder)).sort(), ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "js", "package.json"]);
});

test("Node imports the package by its name", async () => {
  const script = `
    import { readFileSync } from "node:fs";
    import { render } from "roundel";
    console.log((await render(readFileSync(process.argv[1]))).avatars[0].width);`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script, PHOTO], app);
  assert.equal(stdout, "256\n");
});
