/** The declared options agree with the schema that core writes. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const read = (path) => readFile(new URL(path, import.meta.url), "utf8");
const schema = JSON.parse(await read("../../core/options.schema.json"));
const types = await read("../js/options.d.ts");

/** The properties of an interface, each with its type and the default that its comment names. */
function properties(name) {
  const [, body] = types.match(new RegExp(`export interface ${name} {\n([^]*?)\n}`));
  const property = /\/\*\*([^]*?)\*\/\s*(\w+)\?: ([^;]+);/g;
  return Object.fromEntries(
    Array.from(body.matchAll(property), ([, comment, name, type]) => [
      name,
      { type, stated: comment.replace(/\s*\n\s*\*\s*/g, " ").match(/Default (.*?)\.?\s*$/)?.[1] },
    ]),
  );
}

/** The words of a type that is a choice of them. */
function words(name) {
  const [, body] = types.match(new RegExp(`export type ${name} =([^;]+);`));
  return Array.from(body.matchAll(/"([^"]+)"/g), ([, word]) => word).sort();
}

for (const [name, { properties: specified }] of [["Options", schema], ["Limits", schema.$defs.Limits]]) {
  test(`every field of ${name} is declared and no other`, () => {
    assert.deepEqual(Object.keys(properties(name)).sort(), Object.keys(specified).sort());
  });

  test(`plain fields of ${name} have the type of the schema`, () => {
    const types = { boolean: "boolean", integer: "number" };
    for (const [field, { type }] of Object.entries(specified)) {
      if (type in types) assert.equal(properties(name)[field].type, types[type], field);
    }
  });
}

for (const name of ["Format", "Subsampling", "Fit", "Speed", "Gravity"]) {
  test(`every choice of ${name} is declared and no other`, () => {
    const { enum: listed = [], oneOf = [] } = schema.$defs[name];
    const constants = [...listed, ...oneOf.map((choice) => choice.const)].sort();
    assert.deepEqual(words(name), constants);
  });
}

test("limits state the defaults of the schema", () => {
  const limits = properties("Limits");
  for (const [name, { default: value }] of Object.entries(schema.$defs.Limits.properties)) {
    const inMebibytes = name === "input_bytes" || name === "memory";
    const spelled = inMebibytes ? `${value >> 20} MiB` : value.toLocaleString("en");
    assert.equal(limits[name].stated, spelled, name);
  }
});

test("options state the defaults of the schema", () => {
  const spelled = { sizes: "`[256]`", background: "white in a JPEG, transparent otherwise", limits: undefined };
  const quoted = (value) => (typeof value === "number" ? String(value) : `\`${JSON.stringify(value)}\``);
  for (const [name, { stated }] of Object.entries(properties("Options"))) {
    const expected = name in spelled ? spelled[name] : quoted(schema.properties[name].default);
    assert.equal(stated, expected, name);
  }
});
