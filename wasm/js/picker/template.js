import { h, icon, ICONS } from "./dom.js";

/** @import { PickerStrings } from "./index.js" */
/** @import { Ui } from "./types.js" */

/** The buttons that move the photo, and the direction of each. */
/** @type {Record<"moveUp" | "moveDown" | "moveLeft" | "moveRight", [number, number]>} */
export const MOVE_DIRECTIONS = { moveUp: [0, -1], moveDown: [0, 1], moveLeft: [-1, 0], moveRight: [1, 0] };

/**
 * Builds the shadow tree, without texts. Each element that the code uses has a `part`.
 *
 * @param {ShadowRoot} root
 * @returns {Ui} the elements by part, in camel case
 */
export function buildShadowTree(root) {
  root.append(h("fieldset", { part: "base" }, dropzone(), editor(), ...messages()), cameraDialog(), ...fileInputs());
  /** @type {any} */
  const ui = {};
  for (const element of root.querySelectorAll("[part]")) ui[toCamelCase(element.getAttribute("part") ?? "")] = element;
  return ui;
}

const toCamelCase = (/** @type {string} */ name) => name.replace(/-\w/g, (letter) => letter[1].toUpperCase());
const toKebabCase = (/** @type {string} */ name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function dropzone() {
  const picture = h("div", { part: "current" }, icon(ICONS.person), h("img", { part: "current-image", alt: "", hidden: true }));
  const buttons = h("div", { class: "row" }, textButton("choose", "primary"), textButton("camera"));
  return h("div", { part: "dropzone" }, picture, h("p", { part: "drop" }), buttons, h("p", { part: "paste" }), textButton("restore"));
}

function editor() {
  return h("div", { part: "editor", hidden: true }, h("div", { class: "column" }, cropper(), toolbar(), actions()), previews());
}

function cropper() {
  // The keys of the cropper are its own: `application` makes a screen reader pass them on.
  const attributes = { part: "cropper", role: "application", tabindex: "0", "aria-describedby": "help error" };
  const element = h("div", attributes, h("canvas", { part: "photo" }), h("div", { part: "crop-area" }));
  const buttons = [iconButton("moveUp"), iconButton("moveDown"), iconButton("moveLeft"), iconButton("moveRight")];
  return h("div", { class: "frame" }, element, ...buttons);
}

function toolbar() {
  const slider = h("input", { part: "zoom", type: "range", min: "0", max: "100", step: "any", value: "0" });
  const zoom = h("div", { class: "zoom" }, iconButton("zoomOut"), slider, iconButton("zoomIn"));
  return h("div", { part: "toolbar" }, zoom, iconButton("undo"), iconButton("redo"), iconButton("recenter"));
}

function actions() {
  return h("div", { class: "row" }, textButton("replace"), textButton("remove"));
}

function previews() {
  // Safari drops the role of a list that has no markers.
  const list = h("ul", { part: "preview-list", role: "list" });
  return h("div", { part: "previews" }, h("p", { part: "previews-title" }), list);
}

function cameraDialog() {
  const video = h("video", { part: "camera-video", autoplay: true, playsinline: true });
  const buttons = h("div", { class: "row" }, textButton("camera-capture", "primary"), textButton("camera-cancel"));
  return h("dialog", { part: "camera-dialog" }, video, buttons);
}

function messages() {
  return [
    h("progress", { part: "progress", max: "4", hidden: true }),
    h("p", { part: "hint" }),
    h("p", { part: "error", id: "error", role: "alert" }),
    h("p", { part: "status", role: "status", class: "visually-hidden" }),
    h("p", { part: "help", id: "help", class: "visually-hidden" }),
  ];
}

function fileInputs() {
  // Without ".heic": iPhones convert a HEIC to JPEG unless a page accepts it by name.
  const attributes = { type: "file", accept: "image/*", hidden: true };
  return [h("input", { ...attributes, part: "file" }), h("input", { ...attributes, part: "camera-file", capture: "user" })];
}

/** @param {string} part @param {string} [className] */
function textButton(part, className = "") {
  return h("button", { part, type: "button", class: className, "aria-describedby": className ? "error" : false });
}

/** @param {keyof typeof ICONS} name */
function iconButton(name) {
  return h("button", { part: toKebabCase(name), type: "button", class: "icon" }, icon(ICONS[name]));
}

const TEXT_PARTS = /** @type {const} */ (["drop", "paste", "choose", "camera", "replace", "remove", "restore", "help", "cameraCapture", "cameraCancel"]);
const ICON_PARTS = /** @type {const} */ (["moveUp", "moveDown", "moveLeft", "moveRight", "zoom", "zoomIn", "zoomOut", "undo", "redo", "recenter"]);

/** Sets all texts and labels. @param {Ui} ui @param {PickerStrings} strings */
export function setTexts(ui, strings) {
  for (const name of TEXT_PARTS) ui[name].textContent = strings[name];
  for (const name of ICON_PARTS) {
    ui[name].setAttribute("aria-label", strings[name]);
    ui[name].title = strings[name];
  }
  ui.cropper.setAttribute("aria-label", strings.position);
  ui.cameraDialog.setAttribute("aria-label", strings.camera);
  ui.progress.setAttribute("aria-label", strings.loading);
  ui.previewsTitle.textContent = strings.previews;
}
