/**
 * The controls of the playground, one for each option of the schema.
 *
 * `data-option` names the option, `data-kind` says how public/playground/form.js reads it, and
 * `data-default` has its default in JSON.
 */

import { inline } from "./markdown.js";
import { definition, describe, firstSentence, namedValues, optionGroups, resolved, SCHEMA } from "./schema.js";
import { escapeHtml } from "./slug.js";

export function controls() {
  const groups = optionGroups().map(([title, names], index) => fold(title, names.map(control).join("\n"), index < 2));
  return `<form id="options" class="controls" aria-label="Options">
${groups.join("\n")}
${fold("Limits", Object.entries(SCHEMA.$defs.Limits.properties).map(limit).join("\n"), false)}
</form>`;
}

const fold = (title, body, open) => `<details${open ? " open" : ""}><summary>${title}</summary>\n<div class="fields">\n${body}\n</div></details>`;

/** The kinds of options with controls of their own. */
const SPECIAL = {
  sizes: () => ["sizes", (id) => `<input id="${id}" type="text" inputmode="text" value="256, 96, 48" autocomplete="off" spellcheck="false">`],
  formats: () => ["list", (id) => checkboxes(id, namedValues(SCHEMA.$defs.Format))],
  crop: () => ["crop", cropControl],
  frame: () => ["frame", frameControl],
  background: () => ["color", colorControl],
};

function control(name) {
  const property = SCHEMA.properties[name];
  const id = `option-${name}`;
  const [kind, html] = SPECIAL[name]?.() ?? simpleControl(property);
  const isList = kind === "list";
  const tag = isList ? "fieldset" : "div";
  const title = isList ? `<legend>${name}</legend>` : `<label for="${id}">${name}</label>`;
  const check = kind === "boolean";
  const note = ABSENT[name] ? ` ${ABSENT[name]}` : "";
  return `<${tag} class="field${check ? " check" : ""}" data-option="${name}" data-kind="${kind}" data-default="${escapeHtml(JSON.stringify(property.default))}">
${check ? `${html(id)}${title}` : `${title}${html(id)}`}
<p class="help" id="${id}-help">${inline(firstSentence(property) + note)}</p>
</${tag}>`;
}

/** What the build for browsers does not do. */
const ABSENT = {
  effort: "Not in browsers: `small` is previewed as `default`.",
  formats: "Lossy WebP and AVIF are not written in browsers and are previewed as JPEG.",
  parallel: "It has no effect in browsers.",
};

/** @returns {[kind: string, html: (id: string) => string]} */
function simpleControl(property) {
  const { schema, nullable } = resolved(property);
  const described = (id) => `id="${id}" aria-describedby="${id}-help"`;
  if (schema.type === "boolean") return ["boolean", (id) => `<input type="checkbox" ${described(id)}${property.default ? " checked" : ""}>`];
  const names = namedValues(schema);
  if (names.length > 0) {
    const none = nullable ? [{ value: "", text: "by size" }] : [];
    return ["name", (id) => `<select ${described(id)}>${[...none, ...names].map((choice) => optionTag(choice, property.default)).join("")}</select>`];
  }
  if (schema.maximum) {
    const { minimum, maximum, default: value } = schema;
    return [
      "integer",
      (id) =>
        `<span class="range"><input type="range" ${described(id)} min="${minimum}" max="${maximum}" value="${value}"><output for="${id}">${value}</output></span>`,
    ];
  }
  return ["integer", (id) => `<input type="number" ${described(id)} min="${schema.minimum ?? 0}" step="1" placeholder="none">`];
}

const optionTag = ({ value, text }, chosen) =>
  `<option value="${value}"${value === chosen ? " selected" : ""}>${escapeHtml(value || text)}</option>`;

const checkboxes = (id, choices) =>
  `<span class="choices">${choices
    .map(({ value }, index) => `<label><input type="checkbox" name="${id}" value="${value}"${index === 0 ? " checked" : ""}> ${value}</label>`)
    .join("")}</span>`;

function cropControl(id) {
  const gravities = namedValues(definition("#/$defs/Gravity")).filter(({ value }) => value !== "centre");
  const subjects = namedValues(definition("#/$defs/Subject"));
  const choices = [...gravities, ...subjects, { value: "point", text: "a point" }, { value: "rectangle", text: "a rectangle" }];
  const numbers = (kind, labels, values, step, max) =>
    `<span class="numbers" data-for="${kind}" hidden>${labels
      .map((label, index) => `<label>${label}<input type="number" min="0"${max ? ` max="${max}"` : ""} step="${step}" value="${values[index]}"></label>`)
      .join("")}</span>`;
  return `<select id="${id}" aria-describedby="${id}-help">${choices.map(({ value, text }) => `<option value="${value}">${["point", "rectangle"].includes(value) ? text : value}</option>`).join("")}</select>
${numbers("point", ["x", "y"], [0.5, 0.3], 0.01, 1)}
${numbers("rectangle", ["x", "y", "width", "height"], [0, 0, 300, 300], 1)}`;
}

const frameControl = (id) => `<select id="${id}" aria-describedby="${id}-help"><option value="first">first</option><option value="poster">poster</option><option value="number">a number</option></select>
<span class="numbers" data-for="number" hidden><label>number<input type="number" min="0" step="1" value="1"></label></span>`;

const colorControl = (id) =>
  `<span class="color"><input id="${id}" aria-describedby="${id}-help" type="text" placeholder="none" autocomplete="off" spellcheck="false" maxlength="7"><input type="color" value="#ffffff" aria-label="Choose the background"></span>`;

function limit([name, property]) {
  const id = `limit-${name}`;
  return `<div class="field" data-limit="${name}" data-default="${property.default}">
<label for="${id}">${name}</label><input type="number" id="${id}" min="0" step="1" placeholder="${property.default}" aria-describedby="${id}-help">
<p class="help" id="${id}-help">${inline(describe(property).split(/\.\s/)[0].replace(/\.$/, ""))}.</p>
</div>`;
}
