/** The options in the form: reads those that differ from their defaults, and writes given ones. */

/** @typedef {{ read(field: HTMLElement): any, write(field: HTMLElement, value: any): void }} Kind */

const input = (field) => field.querySelector("select, input");
const numbersFor = (field, kind) => [...field.querySelectorAll(`[data-for="${kind}"] input`)];

/** @type {Record<string, Kind>} */
const KINDS = {
  boolean: { read: (field) => input(field).checked, write: (field, value) => (input(field).checked = value === true) },
  name: { read: (field) => input(field).value || null, write: (field, value) => choose(input(field), value ?? "") },
  integer: {
    read: (field) => (input(field).value === "" ? null : Number(input(field).value)),
    write(field, value) {
      input(field).value = value ?? "";
      showNumber(field);
    },
  },
  sizes: { read: (field) => parseSizes(input(field).value), write: (field, value) => (input(field).value = value.map(sizeText).join(", ")) },
  list: {
    read: (field) => [...field.querySelectorAll(":checked")].map(({ value }) => value),
    write(field, value) {
      const names = [value].flat();
      for (const box of field.querySelectorAll("input")) box.checked = names.includes(box.value);
    },
  },
  crop: {
    read(field) {
      const { value } = input(field);
      const numbers = numbersFor(field, value).map((number) => Number(number.value));
      return numbers.length > 0 ? numbers : value;
    },
    write(field, value) {
      const kind = Array.isArray(value) ? (value.length === 2 ? "point" : "rectangle") : value === "centre" ? "center" : value;
      choose(input(field), kind);
      numbersFor(field, kind).forEach((number, index) => (number.value = value[index]));
    },
  },
  frame: {
    read: (field) => (input(field).value === "number" ? Number(numbersFor(field, "number")[0].value) : input(field).value),
    write(field, value) {
      choose(input(field), typeof value === "number" ? "number" : value);
      if (typeof value === "number") numbersFor(field, "number")[0].value = value;
    },
  },
  color: {
    read: (field) => input(field).value.trim().replace(/^#/, "") || null,
    write: (field, value) => (input(field).value = value ?? ""),
  },
};

/** Chooses a value that the select has, or else keeps the first. */
function choose(select, value) {
  const values = [...select.options].map((option) => option.value);
  select.value = values.includes(value) ? value : values[0];
}

const sizeText = (size) => (Array.isArray(size) ? (size[0] === size[1] ? String(size[0]) : size.join("x")) : String(size));

/** `256, 300x200`. @param {string} text @returns {(number | number[])[]} */
export function parseSizes(text) {
  return text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((word) => {
      const sides = word.split(/[x×]/i).map(Number);
      return sides.length === 1 ? sides[0] : sides;
    });
}

const isSize = (size) => [size].flat().every((side) => Number.isInteger(side) && side >= 1) && [size].flat().length <= 2;

/** Sizes have two forms for squares. */
const comparable = (value) => JSON.stringify(value, (_, item) => (Array.isArray(item) && item.length === 2 && item[0] === item[1] ? item[0] : item));

/** Shows the value beside a slider. */
const showNumber = (field) => {
  const output = field.querySelector("output");
  if (output) output.value = input(field).value;
};

export class Form {
  #form;
  /** @type {HTMLElement[]} */
  #fields;
  /** @type {HTMLElement[]} */
  #limits;
  #listener = () => {};

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
    this.#fields = [...form.querySelectorAll("[data-option]")];
    this.#limits = [...form.querySelectorAll("[data-limit]")];
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => this.#changed(event.target));
    this.#showParts();
  }

  /** @param {() => void} listener called after each change */
  onChange(listener) {
    this.#listener = listener;
  }

  /** @returns {{ options: Record<string, any>, problem?: string }} what differs from the defaults */
  read() {
    const values = this.#fields.map((field) => [field.dataset.option, KINDS[field.dataset.kind].read(field), field.dataset.default]);
    const changed = values.filter(([, value, usual]) => comparable(value) !== comparable(JSON.parse(usual)));
    const options = Object.fromEntries(changed.map(([name, value]) => [name, value]));
    const limits = this.#readLimits();
    if (Object.keys(limits).length > 0) options.limits = limits;
    return { options, problem: problemOf(options) };
  }

  /**
   * Sets every option: to the given value, or to its default.
   *
   * @param {Record<string, any>} options
   * @returns {string[]} the names that the form does not have
   */
  write(options) {
    for (const field of this.#fields) writeField(KINDS[field.dataset.kind], field, options[field.dataset.option]);
    for (const field of this.#limits) input(field).value = options.limits?.[field.dataset.limit] ?? "";
    this.#showParts();
    this.#listener();
    const known = ["limits", ...this.#fields.map(({ dataset }) => dataset.option)];
    return Object.keys(options).filter((name) => !known.includes(name));
  }

  /** @param {string} option @param {any} value */
  set(option, value) {
    this.write({ ...this.read().options, [option]: value });
  }

  /** As the page was opened: with sizes for an app. */
  reset() {
    this.#form.reset();
    this.#fields.forEach(showNumber);
    this.#showParts();
    this.#listener();
  }

  #readLimits() {
    const given = this.#limits.filter((field) => input(field).value !== "");
    return Object.fromEntries(given.map((field) => [field.dataset.limit, Number(input(field).value)]));
  }

  /** @param {HTMLInputElement} changed */
  #changed(changed) {
    const field = changed.closest("[data-option]");
    if (changed.type === "color") field.querySelector("input[type=text]").value = changed.value.slice(1);
    if (field) showNumber(field);
    this.#showParts();
    this.#listener();
  }

  /** Shows the numbers of the chosen crop and frame only. */
  #showParts() {
    for (const part of this.#form.querySelectorAll("[data-for]")) {
      part.hidden = part.dataset.for !== input(part.closest("[data-option]")).value;
    }
  }
}

/** A link can have any value, so one that does not fit becomes the default. */
function writeField(kind, field, value) {
  const usual = JSON.parse(field.dataset.default);
  try {
    kind.write(field, value ?? usual);
  } catch {
    kind.write(field, usual);
  }
}

/** What core would refuse in words that do not fit the form. */
function problemOf({ sizes, formats, background }) {
  if (sizes && (sizes.length === 0 || !sizes.every(isSize))) return "Sizes are numbers of pixels, such as 256 or 300x200, with commas between them.";
  if (formats?.length === 0) return "Choose at least one format.";
  if (background && !/^[0-9a-f]{6}$/i.test(background)) return "The background is a color of six hexadecimal digits, such as ffd28f.";
  return undefined;
}
