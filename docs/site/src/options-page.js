/** The reference of the options, from the schema. */

import { describe, namedValues, optionGroups, resolved, SCHEMA } from "./schema.js";

/** Examples in JSON of the options that take more than names. */
const EXAMPLES = {
  sizes: ["[256, [300, 200]]"],
  formats: ['["webp", "jpeg"]'],
  crop: ['"face"', "[0.5, 0.3]", "[40, 0, 300, 300]"],
  background: ['"0b57d0"'],
  max_bytes: ["20000"],
  frame: ['"poster"', "3"],
};

/** The forms in JSON of values that are lists of numbers. */
const TUPLES = {
  FocalPoint: "[x, y]",
  Rect: "[x, y, width, height]",
};

/**
 * Markdown of every option.
 *
 * @param {(name: string) => string} pictures the directive for the pictures of an option, or nothing
 */
export function optionsPage(pictures) {
  const groups = optionGroups().map(([title, names]) => `## ${title}\n\n${names.map((name) => option(name, pictures)).join("\n\n")}`);
  return [...groups, limits()].join("\n\n");
}

function option(name, pictures) {
  const property = SCHEMA.properties[name];
  const facts = [statedDefault(property), examples(name)].filter(Boolean).join(" ");
  return [`### ${name}`, describe(property), values(property), facts, pictures(name)].filter(Boolean).join("\n\n");
}

function examples(name) {
  const written = EXAMPLES[name]?.map((value) => `\`${value}\``);
  return written && `In JSON: ${written.join(", ")}.`;
}

/** A list of the values with a description each. */
function values(property) {
  const { schema } = resolved(property);
  const choices = (schema.anyOf ?? schema.oneOf ?? []).filter((choice) => choice.description);
  return choices.map((choice) => `- ${label(choice)}: ${describe(choice).replace(/\s+/g, " ")}`).join("\n");
}

function label(choice) {
  const tuple = TUPLES[choice.$ref?.split("/").at(-1)];
  if (tuple) return `\`${tuple}\``;
  const names = namedValues(choice).map(({ value }) => value);
  return names.length > 0 ? names.map((name) => `\`${name}\``).join(", ") : "a number";
}

function statedDefault({ default: value }) {
  return value === null ? "Default: none." : `Default: \`${JSON.stringify(value).replaceAll(",", ", ")}\`.`;
}

function limits() {
  const { properties, description } = SCHEMA.$defs.Limits;
  const rows = Object.entries(properties).map(([name, property]) => {
    const text = describe(property).replace(/\s*Default [^.]*\.$/, "").replace(/\s+/g, " ");
    return `| \`${name}\` | ${text} | ${property.default.toLocaleString("en")} |`;
  });
  const intro = describe({ description });
  return `## limits\n\n${intro}\n\n| limit | | default |\n|---|---|--:|\n${rows.join("\n")}`;
}
