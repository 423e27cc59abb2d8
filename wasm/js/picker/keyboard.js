/** @import { Session } from "./session.js" */

/** How far a key moves the photo, in parts of the window; with shift, further. */
const STEP = 0.02;
const LEAP = 0.1;
/** How far a key or a button zooms. */
export const ZOOM_STEP = 1.15;

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [1, 0], ArrowRight: [-1, 0] };
/** @type {Record<string, number>} */
const ZOOMS = { "+": ZOOM_STEP, "=": ZOOM_STEP, "-": 1 / ZOOM_STEP, _: 1 / ZOOM_STEP };

/**
 * Keys on the stage: arrows move the photo the way they point, as a drag would, plus and minus
 * zoom, 0 and Home start over.
 *
 * @param {KeyboardEvent} event
 * @param {Session} session
 */
export function onStageKey(event, session) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (press(event, session)) event.preventDefault();
}

/** @param {KeyboardEvent} event @param {Session} session */
function press({ key, shiftKey }, session) {
  if (key === "0" || key === "Home") session.recentre();
  else if (ARROWS[key]) move(ARROWS[key], shiftKey ? LEAP : STEP, session);
  else if (ZOOMS[key]) zoom(ZOOMS[key], session);
  else return false;
  return true;
}

/** @param {[number, number]} direction @param {number} step @param {Session} session */
function move([dx, dy], step, session) {
  session.move(dx * step, dy * step);
  session.settleSoon();
}

/** @param {number} factor @param {Session} session */
function zoom(factor, session) {
  session.zoomBy(factor);
  session.settleSoon();
}

/**
 * Keys anywhere in the picker: undo and redo, spelled as on either kind of machine.
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
