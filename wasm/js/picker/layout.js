import { h, icon, ICONS } from "./dom.js";

/** Buttons that move the photo, and the way they move it. */
export const MOVES = { moveUp: [0, -1], moveDown: [0, 1], moveLeft: [-1, 0], moveRight: [1, 0] };

/**
 * Builds what is in the picker's shadow. Every element that the code speaks to is named by its
 * `part`; texts are put in by `label`.
 *
 * @param {ShadowRoot} root
 * @returns {Record<string, any>} the elements by part, in camel case
 */
export function build(root) {
  root.append(h("fieldset", { part: "base" }, empty(), editor(), ...messages()), ...inputs());
  const parts = [...root.querySelectorAll("[part]")].map((node) => [camel(node.getAttribute("part")), node]);
  return Object.fromEntries(parts);
}

const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());

function empty() {
  const picture = h("div", { part: "current" }, icon(ICONS.person), h("img", { part: "current-image", alt: "", hidden: true }));
  const buttons = h("div", { class: "row" }, text("choose", "primary"), text("camera"));
  return h("div", { part: "dropzone" }, picture, h("p", { part: "drop" }), buttons, h("p", { part: "paste" }));
}

function editor() {
  return h("div", { part: "editor", hidden: true }, h("div", { class: "column" }, stage(), toolbar(), actions()), previews());
}

function stage() {
  const attributes = { part: "stage", role: "application", tabindex: "0", "aria-describedby": "help" };
  const photo = h("div", attributes, h("canvas", { part: "photo" }), h("div", { part: "window" }));
  return h("div", { class: "frame" }, photo, ...Object.keys(MOVES).map((name) => button(name)));
}

function toolbar() {
  const slider = h("input", { part: "zoom", type: "range", min: "0", max: "100", step: "any", value: "0" });
  const zoom = h("div", { class: "zoom" }, button("zoomOut"), slider, button("zoomIn"));
  return h("div", { part: "toolbar" }, zoom, button("undo"), button("redo"), button("recentre"));
}

function actions() {
  return h("div", { class: "row" }, text("replace"), text("remove"));
}

function previews() {
  return h("div", { part: "previews" }, h("p", { part: "previews-title" }), h("ul", { part: "preview-list", role: "list" }));
}

function messages() {
  return [
    h("progress", { part: "progress", max: "4", hidden: true }),
    h("p", { part: "hint" }),
    h("p", { part: "error", role: "alert" }),
    h("p", { part: "status", role: "status", class: "unseen" }),
    h("p", { part: "help", id: "help", class: "unseen" }),
  ];
}

function inputs() {
  const attributes = { type: "file", accept: "image/*", hidden: true };
  return [h("input", { ...attributes, part: "file" }), h("input", { ...attributes, part: "camera-file", capture: "user" })];
}

function text(name, kind = "") {
  return h("button", { part: name, type: "button", class: kind });
}

function button(name) {
  return h("button", { part: name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`), type: "button", class: "icon" }, icon(ICONS[name]));
}

const WORDED = ["drop", "paste", "choose", "camera", "replace", "remove", "help"];
const NAMED = [...Object.keys(MOVES), "zoom", "zoomIn", "zoomOut", "undo", "redo", "recentre"];

/** Puts the texts in. */
export function label(ui, strings) {
  for (const name of WORDED) ui[name].textContent = strings[name];
  for (const name of NAMED) {
    ui[name].setAttribute("aria-label", strings[name]);
    ui[name].title = strings[name];
  }
  ui.stage.setAttribute("aria-label", strings.position);
  ui.progress.setAttribute("aria-label", strings.opening);
  ui.previewsTitle.textContent = strings.previews;
}
