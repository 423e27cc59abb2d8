/** @import { PickerStrings, Refusal } from "./index.js" */

/**
 * Every text of the picker, in English. Another language: `picker.strings = { choose: "..." }`
 * for one picker, `Object.assign(RoundelPicker.strings, { ... })` for all; what is left out stays
 * English. `{words}` in braces are filled in.
 *
 * @type {PickerStrings}
 */
export const strings = {
  label: "Profile picture",
  drop: "Drop a photo here",
  paste: "or paste one from the clipboard",
  choose: "Choose a photo",
  camera: "Take a photo",
  shutter: "Take it",
  cameraCancel: "Cancel",

  position: "Position of the photo",
  help: "Drag to move, scroll or pinch to zoom. Keys: arrows, plus, minus, 0 to start over.",
  moveUp: "Move the photo up",
  moveDown: "Move the photo down",
  moveLeft: "Move the photo left",
  moveRight: "Move the photo right",
  zoom: "Zoom",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  percent: "{zoom} %",
  undo: "Undo",
  redo: "Redo",
  recentre: "Start over",
  replace: "Another photo",
  remove: "Remove",
  restore: "Bring the photo back",

  previews: "Preview",
  preview: "Preview, {width} by {height} pixels",
  size: "{width} px",
  sizeBoth: "{width} × {height} px",
  bytes: "{kilobytes} kB",

  opening: "Opening the photo",
  opened: "Photo opened, {width} by {height} pixels. {help}",
  moved: "Zoom {zoom} %. {across} % from the left, {down} % from the top.",
  removed: "Photo removed",
  enlarged: "The photo has too few pixels for this detail: it will look soft.",
  still: "Of a moving picture, the first frame is taken.",

  required: "Choose a photo.",
  errors: {
    malformed: "This file is damaged, or is not a photo. Choose another one.",
    unsupported: "This kind of file cannot be read here. Choose a JPEG or PNG.",
    limit_exceeded: "This photo is too large. Choose a smaller one.",
    invalid_options: "This picture cannot be made: the page asks for something impossible.",
    internal: "Something went wrong here. Try once more, or choose another photo.",
    no_photo: "There is no photo in what you gave. Choose a file.",
    no_camera: "There is no camera that this page may use. Choose a photo instead.",
    unreadable: "This file cannot be opened. Has it been moved? Choose it again.",
  },
};

/** `text` with each `{name}` replaced by `values[name]`. @param {string} text @param {Record<string, unknown>} values */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (braces, name) => String(values[name] ?? braces));
}

/**
 * The code of an error of roundel, or of the browser where it could not read the file.
 *
 * @param {any} error
 * @returns {Refusal["code"]}
 */
export function codeOf(error) {
  if (Object.hasOwn(strings.errors, error.code)) return error.code;
  return ["NotReadableError", "NotFoundError"].includes(error.name) ? "unreadable" : "internal";
}
