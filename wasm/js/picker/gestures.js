/** @import { Cropper } from "./cropper.js" */
/** @import { Session } from "./session.js" */

/** Change of the zoom's logarithm for each pixel of wheel movement. */
const WHEEL_SPEED = 0.002;
/** The same for a pinch on a touchpad, which arrives as small wheel movements with ctrl. */
const PINCH_SPEED = 0.01;
/** Pixels of a line, the unit of the wheel in some browsers. */
const LINE_HEIGHT = 16;

/**
 * Mouse, pen, touch and wheel on the cropper: one pointer moves the photo, two zoom it.
 *
 * The wheel zooms while the cropper has the focus, or with ctrl. Otherwise, and at either end of
 * the zoom, it scrolls the page.
 *
 * @param {HTMLElement} element
 * @param {Cropper} cropper
 * @param {Session} session
 */
export function listenForGestures(element, cropper, session) {
  /** @type {Map<number, PointerEvent>} */
  const pointers = new Map();

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !session.photo || element.matches(":disabled *")) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
  });
  element.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const before = measure(pointers);
    pointers.set(event.pointerId, event);
    applyMovement(before, measure(pointers), cropper, session);
  });
  const release = (/** @type {PointerEvent} */ event) => {
    if (pointers.delete(event.pointerId) && pointers.size === 0) session.commit();
  };
  element.addEventListener("pointerup", release);
  // Also fires when the browser cancels a pointer.
  element.addEventListener("lostpointercapture", release);
  element.addEventListener("wheel", (event) => onWheel(event, element, cropper, session), { passive: false });
}

/** The center of all pointers and their mean distance from it, which is 0 for one pointer. @param {Map<number, PointerEvent>} pointers */
function measure(pointers) {
  const events = [...pointers.values()];
  const mean = (/** @type {(event: PointerEvent) => number} */ value) =>
    events.reduce((sum, event) => sum + value(event), 0) / events.length;
  const [x, y] = [mean((event) => event.clientX), mean((event) => event.clientY)];
  return { x, y, radius: mean((event) => Math.hypot(event.clientX - x, event.clientY - y)) };
}

/**
 * @param {ReturnType<typeof measure>} before
 * @param {ReturnType<typeof measure>} after
 * @param {Cropper} cropper
 * @param {Session} session
 */
function applyMovement(before, after, cropper, session) {
  const factor = before.radius > 0 && after.radius > 0 ? after.radius / before.radius : 1;
  session.zoomBy(factor, cropper.toCropAreaPoint(before.x, before.y), cropper.toCropAreaPoint(after.x, after.y));
}

/** @param {WheelEvent} event @param {HTMLElement} element @param {Cropper} cropper @param {Session} session */
function onWheel(event, element, cropper, session) {
  if (!session.photo || element.matches(":disabled *")) return;
  if (!event.ctrlKey && !element.matches(":focus")) return;
  const pixels = event.deltaMode ? event.deltaY * LINE_HEIGHT : event.deltaY;
  const factor = Math.exp(-pixels * (event.ctrlKey ? PINCH_SPEED : WHEEL_SPEED));
  const before = session.zoom;
  session.zoomBy(factor, cropper.toCropAreaPoint(event.clientX, event.clientY));
  const hasZoomed = session.zoom !== before;
  // With ctrl the browser would zoom the whole page, even at the end of the photo's zoom.
  if (event.ctrlKey || hasZoomed) event.preventDefault();
  if (hasZoomed) session.commitSoon();
}
