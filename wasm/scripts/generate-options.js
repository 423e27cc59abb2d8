/**
 * Generates js/options.d.ts from core/options.schema.json: `npm run generate-options`.
 *
 * A test fails when the file is stale.
 */

import { readFile, writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

export const SCHEMA = new URL("../../core/options.schema.json", import.meta.url);
export const TYPES = new URL("../js/options.d.ts", import.meta.url);

const LINE_LENGTH = 100;

/** Names of the elements of a tuple, which JSON Schema does not have. */
const TUPLE_LABELS = {
  FocalPoint: ["x", "y"],
  Rect: ["x", "y", "width", "height"],
  Size: ["width", "height"],
};

/** Sentences that are true of this package only. */
const NOTES = { parallel: "It has no effect here: wasm renders on one thread." };

/** The text of options.d.ts. */
export function generateOptions(schema) {
  const definitions = Object.entries(schema.$defs).map(([name, definition]) => declaration(name, definition));
  return [
    "// Generated from core/options.schema.json by `npm run generate-options`. Do not edit.",
    declaration("Options", schema),
    ...definitions,
  ].join("\n\n") + "\n";
}

function declaration(name, definition) {
  const doc = comment(documentation(definition), "");
  if (definition.properties) return `${doc}\nexport interface ${name} {\n${fields(definition)}\n}`;
  return `${doc}\nexport type ${name} = ${type(definition, name)};`;
}

function fields({ properties }) {
  return Object.entries(properties)
    .map(([name, property]) => {
      const doc = [plainText(property.description), NOTES[name], statedDefault(property)].filter(Boolean).join(" ");
      return `${comment(doc, "  ")}\n  ${name}?: ${type(property, name)};`;
    })
    .join("\n");
}

/** The type of a schema. `name` is that of the declaration, for the labels of tuples. */
function type(schema, name) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((choice) => type(choice, name)).join(" | ");
  if (schema.const) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(schema.type)) return schema.type.map((kind) => type({ ...schema, type: kind }, name)).join(" | ");
  if (schema.type === "array") return array(schema, name);
  return { integer: "number", number: "number", boolean: "boolean", string: "string", null: "null" }[schema.type];
}

function array({ items, minItems, maxItems }, name) {
  if (minItems !== maxItems || !minItems) return `readonly ${type(items)}[]`;
  const labels = TUPLE_LABELS[name];
  return `readonly [${labels.map((label) => `${label}: ${type(items)}`).join(", ")}]`;
}

/** The description of a definition, with that of each of its choices as a list. */
function documentation({ description, anyOf, oneOf }) {
  const choices = (anyOf ?? oneOf ?? []).filter((choice) => choice.description);
  const list = choices.map((choice) => `- \`${type(choice)}\`: ${plainText(choice.description)}`);
  return [plainText(description), list.join("\n")].filter(Boolean).join("\n\n");
}

/** Rust's documentation without its code and its links. Codes of errors are spelled as in JavaScript. */
export function plainText(text) {
  return text
    .replace(/```[^]*?```/g, "")
    .replace(/\[(`[^`]+`)\](\([^)]*\))?/g, "$1")
    .replace(/`(?:Error)?Kind::(\w+)`/g, (_, kind) => `\`${toSnakeCase(kind)}\``)
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replace(/\s+/g, " ").trim())
    .filter(Boolean)
    .join("\n\n");
}

const toSnakeCase = (name) => name.replace(/(?<=\w)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

/** `Default ...`, unless the description states it or the default is an object or nothing. */
function statedDefault({ description, default: value }) {
  if (/\bdefault\b/i.test(description) || value === null || value?.constructor === Object) return "";
  return `Default \`${JSON.stringify(value).replaceAll(",", ", ")}\`.`;
}

function comment(text, indent) {
  const width = LINE_LENGTH - indent.length - " * ".length;
  const lines = text.split("\n").flatMap((line) => wrap(line, width));
  if (lines.length === 1 && text.length <= LINE_LENGTH - indent.length - "/**  */".length) return `${indent}/** ${text} */`;
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`].join("\n");
}

function wrap(text, width) {
  const continuation = text.startsWith("- ") ? "  " : "";
  const lines = [""];
  // Code is not broken.
  for (const word of text.match(/(`[^`]*`|\S)+/g) ?? []) {
    const line = lines.at(-1);
    if (line && line.length + 1 + word.length > width) lines.push(continuation + word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(TYPES, generateOptions(JSON.parse(await readFile(SCHEMA, "utf8"))));
}
