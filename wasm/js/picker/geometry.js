/**
 * Geometry of the crop: pure functions over numbers.
 *
 * A crop is a rectangle in pixels of the upright photo, with fractional edges. It has the aspect
 * ratio of the avatar and lies within the photo. This is the rectangle of core's `options.crop`.
 */

/** @import { Point, Rect, Size } from "./types.js" */

/** The shortest side of a crop, in photo pixels. */
const MIN_CROP_SIDE = 8;
/** Bounds of the maximum zoom, for photos of any resolution. */
const MAX_ZOOM = { min: 4, max: 16 };

const clamp = (/** @type {number} */ value, /** @type {number} */ min, /** @type {number} */ max) =>
  Math.max(min, Math.min(value, max));

/**
 * The largest crop of an aspect ratio (width over height), in the center of the photo.
 *
 * @param {Size} photo
 * @param {number} aspectRatio
 * @returns {Rect}
 */
export function largestCrop(photo, aspectRatio) {
  const width = Math.min(photo.width, photo.height * aspectRatio);
  const height = Math.min(photo.height, photo.width / aspectRatio);
  return { x: (photo.width - width) / 2, y: (photo.height - height) / 2, width, height };
}

/**
 * The maximum zoom: one photo pixel for each pixel of the largest avatar, but between 4 and 16,
 * and never so far that less than 8 photo pixels remain.
 *
 * @param {Size} photo
 * @param {number} aspectRatio
 * @param {number} avatarWidth width of the largest avatar in pixels
 */
export function maxZoom(photo, aspectRatio, avatarWidth) {
  const { width, height } = largestCrop(photo, aspectRatio);
  const toMinSide = Math.min(width, height) / MIN_CROP_SIDE;
  return Math.max(1, Math.min(clamp(width / avatarWidth, MAX_ZOOM.min, MAX_ZOOM.max), toMinSide));
}

/** The zoom of a crop: 1 for the largest crop. @param {Rect} crop @param {Size} photo */
export function zoomOf(crop, photo) {
  return largestCrop(photo, crop.width / crop.height).width / crop.width;
}

/**
 * Moves the crop by `dx`, `dy` photo pixels, limited to the photo.
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
 * Sets the zoom and moves the photo's point at `from` to `to`, limited to the photo. Points are
 * fractions of the crop.
 *
 * @param {Rect} crop
 * @param {Size} photo
 * @param {number} zoom 1 or more
 * @param {Point} [from] the center by default
 * @param {Point} [to] the same point by default
 * @returns {Rect}
 */
export function zoomTo(crop, photo, zoom, from = [0.5, 0.5], to = from) {
  const { width, height } = sizeAt(zoom, photo, crop.width / crop.height);
  const x = crop.x + crop.width * from[0] - width * to[0];
  const y = crop.y + crop.height * from[1] - height * to[1];
  return pan({ x, y, width, height }, photo, 0, 0);
}

/**
 * Changes the aspect ratio of the crop. The center and the zoom stay.
 *
 * @param {Rect} crop
 * @param {Size} photo
 * @param {number} aspectRatio
 * @returns {Rect}
 */
export function withAspectRatio(crop, photo, aspectRatio) {
  const { width, height } = sizeAt(zoomOf(crop, photo), photo, aspectRatio);
  const x = crop.x + (crop.width - width) / 2;
  const y = crop.y + (crop.height - height) / 2;
  return pan({ x, y, width, height }, photo, 0, 0);
}

/** @param {number} zoom @param {Size} photo @param {number} aspectRatio @returns {Size} */
function sizeAt(zoom, photo, aspectRatio) {
  const { width, height } = largestCrop(photo, aspectRatio);
  return { width: width / zoom, height: height / zoom };
}

/** Less room than this, in pixels, is a rounding error. */
const EPSILON = 1e-6;

/**
 * The position of the crop, as fractions of the room to the photo's edges: 0 is left or top, 1 is
 * right or bottom. It is 0.5 where there is no room.
 *
 * @param {Rect} crop
 * @param {Size} photo
 */
export function relativePosition(crop, photo) {
  const fraction = (/** @type {number} */ start, /** @type {number} */ room) =>
    room > EPSILON ? clamp(start / room, 0, 1) : 0.5;
  return { x: fraction(crop.x, photo.width - crop.width), y: fraction(crop.y, photo.height - crop.height) };
}

/** Whether two crops have the same edges, up to rounding. @param {Rect} a @param {Rect} b */
export function isSameRect(a, b) {
  const other = toArray(b);
  return toArray(a).every((edge, index) => Math.abs(edge - other[index]) < EPSILON);
}

/**
 * The crop area on screen: the largest rectangle of an aspect ratio in the center of the cropper,
 * `margin` from its edges.
 *
 * @param {Size} cropper
 * @param {number} aspectRatio
 * @param {number} margin
 * @returns {Rect}
 */
export function cropAreaOf(cropper, aspectRatio, margin) {
  // A cropper that is not laid out yet has size 0; the area must not be empty.
  const inner = { width: Math.max(1, cropper.width - 2 * margin), height: Math.max(1, cropper.height - 2 * margin) };
  const area = largestCrop(inner, aspectRatio);
  return { ...area, x: area.x + margin, y: area.y + margin };
}

/**
 * The part of the photo that the whole cropper shows when its crop area shows `crop`.
 *
 * @param {Rect} crop
 * @param {Size} photo
 * @param {Rect} cropArea
 * @param {Size} cropper
 * @returns {Rect}
 */
export function visiblePart(crop, photo, cropArea, cropper) {
  const scale = crop.width / cropArea.width;
  const left = clamp(crop.x - cropArea.x * scale, 0, photo.width);
  const top = clamp(crop.y - cropArea.y * scale, 0, photo.height);
  const right = clamp(crop.x + (cropper.width - cropArea.x) * scale, left, photo.width);
  const bottom = clamp(crop.y + (cropper.height - cropArea.y) * scale, top, photo.height);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The crop in the form of `options.crop`. @param {Rect} crop @returns {[number, number, number, number]} */
export function toArray({ x, y, width, height }) {
  return [x, y, width, height];
}
