/** @import { Session } from "./session.js" */

/** The distance of one arrow key, as a fraction of the crop area. */
const STEP = 0.02;
/** The distance with shift. */
const LARGE_STEP = 0.1;
/** The zoom factor of one key or button. */
export const ZOOM_STEP = 1.15;

/** The photo moves in the direction of the arrow, so the crop moves in the opposite direction. */
/** @type {Record<string, [number, number]>} */
const CROP_DIRECTIONS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [1, 0], ArrowRight: [-1, 0] };
/** `=` and `_` share their keys with `+` and `-`. */
/** @type {Record<string, number>} */
const ZOOM_FACTORS = { "+": ZOOM_STEP, "=": ZOOM_STEP, "-": 1 / ZOOM_STEP, _: 1 / ZOOM_STEP };

/**
 * Keys on the cropper: arrows move the photo, plus and minus zoom, 0 and Home start over.
 *
 * @param {KeyboardEvent} event
 * @param {Session} session
 */
export function onCropperKey(event, session) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (applyKey(event, session)) event.preventDefault();
}

/** Returns whether the key has a function here. @param {KeyboardEvent} event @param {Session} session */
function applyKey({ key, shiftKey }, session) {
  if (key === "0" || key === "Home") session.recenter();
  else if (CROP_DIRECTIONS[key]) move(CROP_DIRECTIONS[key], shiftKey ? LARGE_STEP : STEP, session);
  else if (ZOOM_FACTORS[key]) zoom(ZOOM_FACTORS[key], session);
  else return false;
  return true;
}

/** @param {[number, number]} direction @param {number} step @param {Session} session */
function move([dx, dy], step, session) {
  session.move(dx * step, dy * step);
  session.commitSoon();
}

/** @param {number} factor @param {Session} session */
function zoom(factor, session) {
  session.zoomBy(factor);
  session.commitSoon();
}

/**
 * Keys anywhere in the picker: undo and redo, as on Windows and on the Mac.
 *
 * @param {KeyboardEvent} event
 * @param {Session} session
 */
export function onPickerKey(event, session) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) session.undo();
  else if (key === "y" || key === "z") session.redo();
  else return;
  event.preventDefault();
}
