/**
 * The geometry of the crop: pure functions over numbers.
 *
 * A crop is a rectangle in pixels of the upright photo, with fractional edges, of the avatar's
 * proportions and never outside of the photo: what core takes as `options.crop`.
 */

/** @import { Point, Rect, Size } from "./types.js" */

/** The least side of a crop in photo pixels: below this there is nothing to see. */
const LEAST_SIDE = 8;
/** However few pixels a photo has, a person may zoom in this far, and no further than this. */
const ZOOM = { least: 4, most: 16 };

const clamp = (/** @type {number} */ value, /** @type {number} */ least, /** @type {number} */ most) =>
  Math.max(least, Math.min(value, most));

/**
 * The largest crop of the proportions `ratio` (width over height), in the photo's centre.
 *
 * @param {Size} photo
 * @param {number} ratio
 * @returns {Rect}
 */
export function cover(photo, ratio) {
  const width = Math.min(photo.width, photo.height * ratio);
  const height = Math.min(photo.height, photo.width / ratio);
  return { x: (photo.width - width) / 2, y: (photo.height - height) / 2, width, height };
}

/**
 * How far a photo may be zoomed in: to one photo pixel for each pixel of the largest avatar, at
 * least 4 and at most 16 times, unless less than 8 photo pixels would be left.
 *
 * @param {Size} photo
 * @param {number} ratio
 * @param {number} largest width of the largest avatar in pixels
 */
export function mostZoom(photo, ratio, largest) {
  const { width, height } = cover(photo, ratio);
  const enough = Math.min(width, height) / LEAST_SIDE;
  return Math.max(1, Math.min(clamp(width / largest, ZOOM.least, ZOOM.most), enough));
}

/** How far `crop` is zoomed in: 1 where it is as large as the photo allows. @param {Rect} crop @param {Size} photo */
export function zoomOf(crop, photo) {
  return cover(photo, crop.width / crop.height).width / crop.width;
}

/**
 * The crop moved by `dx`, `dy` photo pixels, as far as the photo goes.
 *
 * @param {Rect} crop
 * @param {Size} photo
 * @param {number} dx
 * @param {number} dy
 * @returns {Rect}
 */
export function pan(crop, photo, dx, dy) {
  return {
    ...crop,
    x: clamp(crop.x + dx, 0, Math.max(0, photo.width - crop.width)),
    y: clamp(crop.y + dy, 0, Math.max(0, photo.height - crop.height)),
  };
}

/**
 * The crop at `zoom`, with what is seen at the point `from` seen at `to`, as far as the photo's
 * edges allow. Points are fractions of the crop.
 *
 * @param {Rect} crop
 * @param {Size} photo
 * @param {number} zoom 1 or more
 * @param {Point} [from] the middle by default
 * @param {Point} [to] the same point by default
 * @returns {Rect}
 */
export function zoomTo(crop, photo, zoom, from = [0.5, 0.5], to = from) {
  const whole = cover(photo, crop.width / crop.height);
  const [width, height] = [whole.width / zoom, whole.height / zoom];
  const x = crop.x + crop.width * from[0] - width * to[0];
  const y = crop.y + crop.height * from[1] - height * to[1];
  return pan({ x, y, width, height }, photo, 0, 0);
}

/**
 * A crop of other proportions around the same centre, zoomed in as far.
 *
 * @param {Rect} crop
 * @param {Size} photo
 * @param {number} ratio
 * @returns {Rect}
 */
export function reshape(crop, photo, ratio) {
  const whole = cover(photo, ratio);
  const zoom = zoomOf(crop, photo);
  const [width, height] = [whole.width / zoom, whole.height / zoom];
  const x = crop.x + (crop.width - width) / 2;
  const y = crop.y + (crop.height - height) / 2;
  return pan({ x, y, width, height }, photo, 0, 0);
}

/**
 * Where the crop lies: fractions of the way from left to right and from top to bottom, one half
 * where there is no room to move.
 *
 * @param {Rect} crop
 * @param {Size} photo
 */
export function place(crop, photo) {
  const along = (/** @type {number} */ start, /** @type {number} */ room) => (room > 1e-6 ? clamp(start / room, 0, 1) : 0.5);
  return { x: along(crop.x, photo.width - crop.width), y: along(crop.y, photo.height - crop.height) };
}

/** Less than this in pixels is an error of rounding, and no move. */
const NOTHING = 1e-6;

/** Whether two crops are the same, edge for edge. @param {Rect} a @param {Rect} b */
export function same(a, b) {
  const other = toArray(b);
  return toArray(a).every((edge, index) => Math.abs(edge - other[index]) < NOTHING);
}

/**
 * The largest window of the proportions `ratio` in the middle of a stage, `margin` from its edges.
 *
 * @param {Size} stage
 * @param {number} ratio
 * @param {number} margin
 * @returns {Rect}
 */
export function windowOf(stage, ratio, margin) {
  const room = { width: Math.max(1, stage.width - 2 * margin), height: Math.max(1, stage.height - 2 * margin) };
  const inner = cover(room, ratio);
  return { ...inner, x: inner.x + margin, y: inner.y + margin };
}

/**
 * The part of the photo that the whole stage shows when its `window` shows `crop`.
 *
 * @param {Rect} crop
 * @param {Size} photo
 * @param {Rect} window
 * @param {Size} stage
 * @returns {Rect}
 */
export function visible(crop, photo, window, stage) {
  const scale = crop.width / window.width;
  const left = clamp(crop.x - window.x * scale, 0, photo.width);
  const top = clamp(crop.y - window.y * scale, 0, photo.height);
  const right = clamp(crop.x + (stage.width - window.x) * scale, left, photo.width);
  const bottom = clamp(crop.y + (stage.height - window.y) * scale, top, photo.height);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** `crop` as `options.crop` spells it. @param {Rect} crop @returns {[number, number, number, number]} */
export function toArray({ x, y, width, height }) {
  return [x, y, width, height];
}
