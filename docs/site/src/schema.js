/** The options of core, from their schema. */

import { plainText } from "../../../wasm/scripts/generate-options.js";
import { read } from "./repository.js";

export const SCHEMA = JSON.parse(read("core/options.schema.json"));

/** The options by subject. An option that no group names is in the last. */
const GROUPS = {
  "Sizes and files": ["sizes", "formats", "quality", "lossless", "effort", "max_bytes", "progressive", "subsampling"],
  "The picture": ["crop", "fit", "background", "upscale", "filter", "frame", "animated"],
  "Rendering": ["speed", "parallel", "accept_damaged"],
};

/** @returns {[title: string, names: string[]][]} every option once */
export function optionGroups(schema = SCHEMA) {
  const names = Object.keys(schema.properties).filter((name) => name !== "limits");
  const grouped = Object.values(GROUPS).flat();
  const others = names.filter((name) => !grouped.includes(name));
  return Object.entries(GROUPS).map(([title, group], index) => [
    title,
    [...group.filter((name) => names.includes(name)), ...(index === Object.keys(GROUPS).length - 1 ? others : [])],
  ]);
}

/** @param {string} reference `#/$defs/Crop` */
export const definition = (reference, schema = SCHEMA) => schema.$defs[reference.split("/").at(-1)];

/** The schema behind a reference, or behind that of a value that may be null. @returns {{ name?: string, schema: any, nullable: boolean }} */
export function resolved(property, schema = SCHEMA) {
  const choices = property.anyOf?.filter((choice) => choice.type !== "null");
  if (choices?.length === 1) return { ...resolved(choices[0], schema), nullable: true };
  if (property.$ref) return { name: property.$ref.split("/").at(-1), schema: definition(property.$ref, schema), nullable: false };
  const nullable = Array.isArray(property.type) && property.type.includes("null");
  return { schema: property, nullable };
}

/** The names that an option takes, each with its description. @returns {{ value: string, text: string }[]} */
export function namedValues(schema, root = SCHEMA) {
  if (schema.enum) return schema.enum.map((value) => ({ value, text: "" }));
  if (schema.const) return [{ value: schema.const, text: describe(schema) }];
  if (schema.$ref) return namedValues(definition(schema.$ref, root), root);
  return (schema.oneOf ?? schema.anyOf ?? []).flatMap((choice) => namedValues(choice, root));
}

/** A description in Markdown, without code and links of Rust. */
export const describe = ({ description = "" }) => plainText(description);

/** The first sentence of a description. @param {{ description?: string }} property */
export const firstSentence = (property) => /^[^]*?\.(?=\s|$)/.exec(describe(property))?.[0] ?? describe(property);
