import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "vite";

const ENTRY = fileURLToPath(new URL("../../js/picker/index.js", import.meta.url));

test("the picker adds less than 12 kB to the package, bundled and compressed", async (context) => {
  const { output } = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, modulePreload: false, rollupOptions: { input: ENTRY, external: [/\/js\/index\.js$/] } },
  });
  assert.equal(output.length, 1);
  const size = brotliCompressSync(output[0].code).length;
  context.diagnostic(`${size} bytes`);
  assert.ok(output[0].code.includes("roundel-picker"));
  assert.ok(size < 12_000, `${size} bytes`);
});
