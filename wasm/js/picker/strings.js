/** @import { PickerError, PickerStrings } from "./index.js" */

/**
 * Every text of the picker, in English.
 *
 * Translations: `picker.strings = { choose: "..." }` for one picker,
 * `Object.assign(RoundelPicker.strings, { ... })` for all. Texts that are not given stay English.
 * `{names}` in braces are replaced by values.
 *
 * @type {PickerStrings}
 */
export const strings = {
  label: "Profile picture",
  drop: "Drop a photo here",
  paste: "or paste one from the clipboard",
  choose: "Choose a photo",
  camera: "Take a photo",
  cameraCapture: "Take photo",
  cameraCancel: "Cancel",

  position: "Position of the photo",
  help: "Drag to move, scroll or pinch to zoom. Keys: arrows to move, plus and minus to zoom, 0 to start over.",
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
  recenter: "Start over",
  replace: "Replace",
  remove: "Remove",
  restore: "Restore the photo",

  previews: "Preview",
  preview: "Preview, {width} by {height} pixels",
  squareSize: "{width} px",
  size: "{width} × {height} px",
  fileSize: "{kilobytes} kB",

  loading: "Opening the photo",
  loaded: "Photo opened, {width} by {height} pixels. {help}",
  moved: "Zoom {zoom} %. {x} % from the left, {y} % from the top.",
  removed: "Photo removed",
  enlarged: "The photo has few pixels here, so the picture will look soft.",
  animated: "Only the first frame of the animation is used.",

  required: "Choose a photo.",
  errors: {
    malformed: "This file is damaged or is not a photo. Choose another one.",
    unsupported: "This kind of file cannot be read here. Choose a JPEG or PNG.",
    limit_exceeded: "This photo is too large. Choose a smaller one.",
    invalid_options: "This page has wrong settings for the picture, so it cannot be made.",
    internal: "Something went wrong. Try again, or choose another photo.",
    no_photo: "No photo was found. Choose a file.",
    no_camera: "The camera cannot be used. Choose a photo instead.",
    unreadable: "This file cannot be read. It may have been moved or deleted. Choose it again.",
  },
};

/** Replaces each `{name}` in `text` by `values[name]`. @param {string} text @param {Record<string, unknown>} values */
export function interpolate(text, values) {
  return text.replace(/\{(\w+)\}/g, (placeholder, name) => String(values[name] ?? placeholder));
}

/**
 * The code of an error: roundel's own, or `unreadable` if the browser could not read the file.
 *
 * @param {any} error
 * @returns {PickerError["code"]}
 */
export function codeOf(error) {
  if (Object.hasOwn(strings.errors, error.code)) return error.code;
  return ["NotReadableError", "NotFoundError"].includes(error.name) ? "unreadable" : "internal";
}
