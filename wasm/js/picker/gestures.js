/** @import { Session } from "./session.js" */
/** @import { Stage } from "./cropper.js" */

/** Zoom for each pixel that a wheel turns; a pinch on a touchpad comes as small turns with ctrl. */
const WHEEL = 0.002;
const PINCH = 0.01;
const LINE = 16;

/**
 * Mouse, pen, touch and wheel on the stage: one pointer moves the photo, two pinch it.
 *
 * The wheel zooms while the stage has the focus, or with ctrl; otherwise, and where no more zoom
 * is possible, the page scrolls.
 *
 * @param {HTMLElement} element
 * @param {Stage} stage
 * @param {Session} session
 */
export function listen(element, stage, session) {
  /** @type {Map<number, PointerEvent>} */
  const pointers = new Map();

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !session.photo || element.matches(":disabled *")) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
  });
  element.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const before = spread(pointers);
    pointers.set(event.pointerId, event);
    follow(before, spread(pointers), stage, session);
  });
  const lift = (/** @type {PointerEvent} */ event) => {
    if (pointers.delete(event.pointerId) && pointers.size === 0) session.settle();
  };
  element.addEventListener("pointerup", lift);
  element.addEventListener("lostpointercapture", lift); // also where the pointer was cancelled
  element.addEventListener("wheel", (event) => wheel(event, element, stage, session), { passive: false });
}

/** The middle of all pointers, and how far they lie from it: 0 for one. @param {Map<number, PointerEvent>} pointers */
function spread(pointers) {
  const all = [...pointers.values()];
  const mean = (/** @type {(event: PointerEvent) => number} */ of) => all.reduce((sum, event) => sum + of(event), 0) / all.length;
  const [x, y] = [mean((event) => event.clientX), mean((event) => event.clientY)];
  return { x, y, radius: mean((event) => Math.hypot(event.clientX - x, event.clientY - y)) };
}

/**
 * @param {ReturnType<typeof spread>} before
 * @param {ReturnType<typeof spread>} after
 * @param {Stage} stage
 * @param {Session} session
 */
function follow(before, after, stage, session) {
  const factor = before.radius > 0 && after.radius > 0 ? after.radius / before.radius : 1;
  session.zoomBy(factor, stage.fractions(before.x, before.y), stage.fractions(after.x, after.y));
}

/** @param {WheelEvent} event @param {HTMLElement} element @param {Stage} stage @param {Session} session */
function wheel(event, element, stage, session) {
  if (!session.photo || element.matches(":disabled *")) return;
  if (!event.ctrlKey && !element.matches(":focus")) return;
  const pixels = event.deltaMode ? event.deltaY * LINE : event.deltaY;
  const before = session.zoom;
  session.zoomBy(Math.exp(-pixels * (event.ctrlKey ? PINCH : WHEEL)), stage.fractions(event.clientX, event.clientY));
  if (event.ctrlKey || session.zoom !== before) event.preventDefault();
  if (session.zoom !== before) session.settleSoon();
}
