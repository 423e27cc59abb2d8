/** The types and the documentation of the options agree with the schema that core writes. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { generateOptions, SCHEMA, TYPES } from "../scripts/generate-options.js";

const schema = JSON.parse(await readFile(SCHEMA, "utf8"));
const types = await readFile(TYPES, "utf8");
const text = types.replace(/\s*\n\s*\*?\s*/g, " ");

test("options.d.ts is generated from the current schema", () => {
  assert.equal(types, generateOptions(schema), "stale: run `npm run generate-options` in wasm/");
});

for (const [name, { properties }] of [["Options", schema], ["Limits", schema.$defs.Limits]]) {
  test(`${name} documents each field with the first sentence of the schema`, () => {
    for (const [field, { description }] of Object.entries(properties)) {
      const sentence = description.replace(/\s+/g, " ").match(/^.*?[.;]/)[0];
      assert.ok(text.includes(sentence), `${field}: ${sentence}`);
    }
  });
}

test("limits state the defaults of the schema", () => {
  for (const [name, { description, default: value }] of Object.entries(schema.$defs.Limits.properties)) {
    const isBytes = name === "input_bytes" || name === "memory";
    const stated = isBytes ? `${value >> 20} MiB` : value.toLocaleString("en");
    assert.ok(description.endsWith(`Default ${stated}.`), `${name}: ${description}`);
  }
});

test("each option that has a simple default states it", () => {
  for (const [name, { default: value }] of Object.entries(schema.properties)) {
    if (value === null || name === "limits") continue;
    const stated = `Default \`${JSON.stringify(value).replaceAll(",", ", ")}\`.`;
    const declaration = new RegExp(`${stated.replace(/[[\]`.]/g, "\\$&")} \\*?/ ${name}\\?:`);
    assert.match(text, declaration, name);
  }
});

test("a word with an American and a British spelling is accepted in both", () => {
  assert.match(types, /"centre"/);
  assert.match(types, /"center"/);
});
