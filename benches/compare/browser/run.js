/**
 * Compares roundel with other libraries in one Chromium and writes docs/browser.md and
 * docs/browser.svg: `node run.js BASELINE.jpg PROGRESSIVE.jpg`
 */

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { brotliCompressSync } from "node:zlib";
import { loadavg } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

import { launch } from "../../../wasm/tests/browsers.js";
import { startServer } from "../../../wasm/tests/server.js";
import { chart } from "./chart.js";

const ROUNDS = Number(process.env.ROUNDS ?? 9);
const REPOSITORY = new URL("../../../", import.meta.url);
// wasm-vips uses threads, which need an isolated page.
const HEADERS = {
  "Content-Security-Policy": "default-src * data: blob: 'unsafe-inline' 'unsafe-eval'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

const formatMilliseconds = (time) => time?.toFixed(0) ?? "fails";

const photos = process.argv.slice(2);
if (photos.length !== 2) throw new Error("usage: node run.js BASELINE.jpg PROGRESSIVE.jpg");

const folder = new URL("benches/compare/browser/photos/", REPOSITORY);
await mkdir(folder, { recursive: true });
const paths = [];
for (const photo of photos) {
  await copyFile(photo, new URL(basename(photo), folder));
  paths.push(`/benches/compare/browser/photos/${basename(photo)}`);
}

const server = await startServer(fileURLToPath(REPOSITORY), { headers: HEADERS });
const browser = await launch("chromium");

async function openPage() {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  page.on("pageerror", (error) => console.error(String(error)));
  await page.goto(`${server.origin}/benches/compare/browser/page.html`);
  await page.waitForFunction(() => window.measureMemory);
  return page;
}

const sharedPage = await openPage();
const names = await sharedPage.evaluate(() => window.names);
const rows = names.map((name) => ({ name, times: [], memory: [] }));
for (const path of paths) {
  process.stderr.write(`${path}: ${ROUNDS} rounds of ${names.length}\n`);
  const measured = await sharedPage.evaluate(
    ([names, path, rounds]) => window.measure(names, path, rounds),
    [names, path, ROUNDS],
  );
  for (const row of rows) {
    row.times.push(median(measured.times[row.name]));
    if (measured.failed[row.name]) process.stderr.write(`  ${row.name}: ${measured.failed[row.name]}\n`);
    row.result = measured.results[row.name];
    process.stderr.write(`  ${row.name}: ${formatMilliseconds(row.times.at(-1))} ms ${JSON.stringify(row.result)}\n`);
  }
}
for (const row of rows) {
  for (const path of paths) {
    const newPage = await openPage();
    const { peak, input, failed } = await newPage.evaluate(([name, path]) => window.measureMemory(name, path), [row.name, path]);
    row.memory.push(failed ? "fails" : peak === 0 ? "none" : ((peak - input) / (1 << 20)).toFixed(1));
    await newPage.close();
  }
}
const version = browser.version();
await browser.close();
server.close();
await rm(folder, { recursive: true });

const sizes = {};
for (const file of ["wasm/roundel-simd.wasm", "wasm/roundel.wasm", "wasm/complete.wasm", "wasm/avif.wasm", "heic/wasm/heic.wasm"]) {
  const bytes = await readFile(new URL(`wasm/js/${file}`, REPOSITORY));
  sizes[basename(file)] = [bytes.length, brotliCompressSync(bytes).length].map((size) => (size / 1000).toFixed(0));
}

const table = [
  `Chromium ${version}, medians of ${ROUNDS} interleaved rounds. Load average at the end: ${loadavg()[0].toFixed(1)}.`,
  `Photos: ${photos.map((photo) => `\`${basename(photo)}\``).join(" (baseline), ")} (progressive). Result: 512 px.`,
  "",
  "| | baseline, ms | progressive, ms | wasm memory without the file, MiB |",
  "|---|--:|--:|--:|",
  ...rows.map(({ name, times, memory }) =>
    `| ${name} | ${times.map(formatMilliseconds).join(" | ")} | ${memory.join(", ")} |`),
  "",
  "| file | kB | kB after brotli |",
  "|---|--:|--:|",
  ...Object.entries(sizes).map(([file, [raw, small]]) => `| \`${file}\` | ${raw} | ${small} |`),
  "",
].join("\n");
await writeFile(new URL("docs/browser.md", REPOSITORY), `# Measurements in the browser\n\n${table}`);
await writeFile(new URL("docs/browser.svg", REPOSITORY), chart(rows, ["baseline", "progressive"]));
console.log(table);
