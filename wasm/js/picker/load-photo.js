import { toArray } from "./geometry.js";

/** @import { Call, Options } from "../index.js" */
/** @import { Engine, Photo, Rect, Size } from "./types.js" */

/** The longest side of the picture that is shown for positioning, in pixels. */
const VIEW_SIDE = 1280;
const VIEW_QUALITY = 85;

/**
 * Reads a stranger's file.
 *
 * @param {Engine} engine
 * @param {Blob} file
 * @param {Options} options of every render
 * @param {Call} call
 * @returns {Promise<Photo>}
 */
export async function readPhoto(engine, file, options, call) {
  const { width, height, format } = await engine.probe(file, options, call);
  const size = { width, height };
  const shrink = Math.min(1, VIEW_SIDE / Math.max(width, height));
  const view = await renderPart(engine, { file }, { x: 0, y: 0, ...size }, shrink, options, call);
  return { file, ...size, format, view };
}

/**
 * A part of the photo at `scale` times its size, for looking at and not for keeping: as core
 * shows it, on the same background as the avatars.
 *
 * @param {Engine} engine
 * @param {{ file: Blob }} photo
 * @param {Rect} part
 * @param {number} scale
 * @param {Options} options of every render
 * @param {Call} call
 * @returns {Promise<Blob>}
 */
export async function renderPart(engine, photo, part, scale, options, call) {
  const side = (/** @type {number} */ length) => Math.max(1, Math.round(length * scale));
  const rendered = await engine.render(
    photo.file,
    {
      ...options,
      sizes: [[side(part.width), side(part.height)]],
      crop: toArray(part),
      quality: VIEW_QUALITY,
      speed: "fast",
      subsampling: "4:2:0",
      progressive: false,
    },
    call,
  );
  return rendered.avatars[0].blob;
}
