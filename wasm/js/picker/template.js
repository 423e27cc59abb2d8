import { h, icon, ICONS } from "./dom.js";

/** @import { PickerStrings } from "./index.js" */
/** @import { Ui } from "./types.js" */

/** Buttons that move the photo, and the way they move it. */
/** @type {Record<"moveUp" | "moveDown" | "moveLeft" | "moveRight", [number, number]>} */
export const MOVES = { moveUp: [0, -1], moveDown: [0, 1], moveLeft: [-1, 0], moveRight: [1, 0] };

/**
 * Builds what is in the picker's shadow. Every element that the code speaks to is named by its
 * `part`; texts are put in by `label`.
 *
 * @param {ShadowRoot} root
 * @returns {Ui} the elements by part, in camel case
 */
export function build(root) {
  root.append(h("fieldset", { part: "base" }, empty(), editor(), ...messages()), camera(), ...inputs());
  const parts = [...root.querySelectorAll("[part]")].map((node) => [camel(node.getAttribute("part") ?? ""), node]);
  return Object.fromEntries(parts);
}

const camel = (/** @type {string} */ name) => name.replace(/-\w/g, (letter) => letter[1].toUpperCase());
const dashed = (/** @type {string} */ name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function empty() {
  const picture = h("div", { part: "current" }, icon(ICONS.person), h("img", { part: "current-image", alt: "", hidden: true }));
  const buttons = h("div", { class: "row" }, text("choose", "primary"), text("camera"));
  return h("div", { part: "dropzone" }, picture, h("p", { part: "drop" }), buttons, h("p", { part: "paste" }), text("restore"));
}

function editor() {
  return h("div", { part: "editor", hidden: true }, h("div", { class: "column" }, stage(), toolbar(), actions()), previews());
}

function stage() {
  const attributes = { part: "stage", role: "application", tabindex: "0", "aria-describedby": "help error" };
  const photo = h("div", attributes, h("canvas", { part: "photo" }), h("div", { part: "window" }));
  return h("div", { class: "frame" }, photo, button("moveUp"), button("moveDown"), button("moveLeft"), button("moveRight"));
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

function camera() {
  const picture = h("video", { part: "camera-picture", autoplay: true, playsinline: true });
  const buttons = h("div", { class: "row" }, text("shutter", "primary"), text("camera-cancel"));
  return h("dialog", { part: "camera-dialog" }, picture, buttons);
}

function messages() {
  return [
    h("progress", { part: "progress", max: "4", hidden: true }),
    h("p", { part: "hint" }),
    h("p", { part: "error", id: "error", role: "alert" }),
    h("p", { part: "status", role: "status", class: "unseen" }),
    h("p", { part: "help", id: "help", class: "unseen" }),
  ];
}

function inputs() {
  const attributes = { type: "file", accept: "image/*", hidden: true };
  return [h("input", { ...attributes, part: "file" }), h("input", { ...attributes, part: "camera-file", capture: "user" })];
}

/** @param {string} name @param {string} [kind] */
function text(name, kind = "") {
  return h("button", { part: name, type: "button", class: kind, "aria-describedby": kind ? "error" : false });
}

/** @param {keyof typeof ICONS} name */
function button(name) {
  return h("button", { part: dashed(name), type: "button", class: "icon" }, icon(ICONS[name]));
}

const WORDED = /** @type {const} */ (["drop", "paste", "choose", "camera", "replace", "remove", "restore", "help", "shutter", "cameraCancel"]);
const NAMED = /** @type {const} */ (["moveUp", "moveDown", "moveLeft", "moveRight", "zoom", "zoomIn", "zoomOut", "undo", "redo", "recentre"]);

/** Puts the texts in. @param {Ui} ui @param {PickerStrings} strings */
export function label(ui, strings) {
  for (const name of WORDED) ui[name].textContent = strings[name];
  for (const name of NAMED) {
    ui[name].setAttribute("aria-label", strings[name]);
    ui[name].title = strings[name];
  }
  ui.stage.setAttribute("aria-label", strings.position);
  ui.cameraDialog.setAttribute("aria-label", strings.camera);
  ui.progress.setAttribute("aria-label", strings.opening);
  ui.previewsTitle.textContent = strings.previews;
}
