/** The built pages: links, addresses, the policy, and that every option is shown. */

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { PAGES } from "../src/contents.js";
import { SCHEMA } from "../src/schema.js";
import { build } from "../src/site.js";

/** @type {string} */
let out;
/** @type {Record<string, string>} */
const pages = {};

before(async () => {
  out = await mkdtemp(join(tmpdir(), "roundel-site-"));
  await build(out);
  for (const name of await readdir(out)) {
    if (name.endsWith(".html")) pages[name] = await readFile(join(out, name), "utf8");
  }
});
after(() => rm(out, { recursive: true, force: true }));

const matches = (text, expression) => [...text.matchAll(expression)].map(([, match]) => match);
const idsOf = (html) => matches(html, /\sid="([^"]*)"/g);
const addressesOf = (html) => matches(html, /\s(?:href|src)="([^"]*)"/g);
const isExternal = (address) => /^https?:/.test(address);
const isFile = (path) => stat(path).then((found) => found.isFile(), () => false);

test("there is a page for each entry of the navigation, and no other", () => {
  assert.deepEqual(Object.keys(pages).sort(), PAGES.map(({ name }) => `${name}.html`).sort());
});

test("every link and picture leads to a file, and every fragment to an element", async () => {
  const dead = [];
  for (const [name, html] of Object.entries(pages)) {
    for (const address of addressesOf(html).filter((address) => !isExternal(address))) {
      const [path, fragment] = address.split("#");
      const target = path || name;
      const found = await isFile(join(out, target));
      const anchored = !fragment || idsOf(pages[target] ?? "").includes(decodeURIComponent(fragment));
      if (!found || !anchored) dead.push(`${name}: ${address}`);
    }
  }
  assert.deepEqual(dead, []);
});

test("the site works in any folder: no address starts at the root of the server", () => {
  const rooted = Object.values(pages).flatMap(addressesOf).filter((address) => address.startsWith("/"));
  assert.deepEqual(rooted, []);
});

test("pages load nothing from other servers", async () => {
  const files = (await readdir(out, { recursive: true })).filter((name) => /\.(html|js|css)$/.test(name));
  for (const name of files) {
    const text = await readFile(join(out, name), "utf8");
    assert.doesNotMatch(text, /(?:src=|import |import\(|url\(|fetch\()["']?https?:/, name);
  }
});

test("the policy of the pages holds: no inline scripts and styles", () => {
  for (const [name, html] of Object.entries(pages)) {
    assert.match(html, /Content-Security-Policy/, name);
    assert.doesNotMatch(html, /<script>|<style|\sstyle="|\son\w+="/, name);
  }
});

test("an id is on a page once", () => {
  for (const [name, html] of Object.entries(pages)) {
    const ids = idsOf(html);
    assert.deepEqual(ids.filter((id, index) => ids.indexOf(id) !== index), [], name);
  }
});

test("a page has one title, a description, and pictures with texts", () => {
  for (const [name, html] of Object.entries(pages)) {
    assert.equal(matches(html, /<(h1)>/g).length, 1, name);
    assert.match(html, /<meta name="description" content="[^"]{20,}">/, name);
    assert.deepEqual(matches(html, /(<img (?![^>]*alt=)[^>]*>)/g), [], name);
  }
});

test("no directive and no Markdown is left in a page", () => {
  for (const [name, html] of Object.entries(pages)) assert.doesNotMatch(html, /\{\{ |<!--html|\]\(/, name);
});

test("every option of the schema is described, and has a control in the playground", () => {
  const limits = Object.keys(SCHEMA.$defs.Limits.properties);
  const options = Object.keys(SCHEMA.properties);
  const described = idsOf(pages["options.html"]);
  for (const name of options) assert.ok(described.includes(name), name);
  for (const name of limits) assert.match(pages["options.html"], new RegExp(`<code>${name}</code>`), name);
  const controls = matches(pages["playground.html"], /data-option="(\w+)"/g);
  assert.deepEqual(controls.sort(), options.filter((name) => name !== "limits").sort());
  assert.deepEqual(matches(pages["playground.html"], /data-limit="(\w+)"/g), limits);
});

test("the site does not contain the decoder of HEIC, which is patented", async () => {
  const files = await readdir(out, { recursive: true });
  assert.ok(files.includes(join("roundel", "wasm", "complete.wasm")));
  assert.deepEqual(files.filter((name) => /heic/.test(name)), []);
});
