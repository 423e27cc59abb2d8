import { toArray } from "./crop.js";

/** The longest side of the picture that is shown for positioning, in pixels. */
const VIEW_SIDE = 1280;
const VIEW_QUALITY = 85;

/**
 * A photo that can be cropped.
 *
 * @typedef {object} Photo
 * @property {Blob} file as it came
 * @property {number} width of the upright photo in pixels
 * @property {number} height
 * @property {string} format `jpeg`, `gif`, ...: by content
 * @property {Blob} view all of it, upright and in sRGB, at most 1280 pixels long, made by core
 */

/**
 * Reads a stranger's file.
 *
 * @param {{ probe: Function, render: Function }} engine
 * @param {Blob} file
 * @param {object} options of every render
 * @param {{ signal?: AbortSignal, onProgress?: (stage: string) => void }} call
 * @returns {Promise<Photo>}
 */
export async function readPhoto(engine, file, options, call) {
  const { width, height, format } = await engine.probe(file, options, call);
  const size = { width, height };
  const shrink = Math.min(1, VIEW_SIDE / Math.max(width, height));
  const view = await renderPart(engine, { file, ...size }, { x: 0, y: 0, ...size }, shrink, options, call);
  return { file, ...size, format, view };
}

/**
 * A part of the photo at `scale` times its size, for looking at and not for keeping: as core
 * shows it, on the same background as the avatars.
 *
 * @param {{ render: Function }} engine
 * @param {{ file: Blob, width: number, height: number }} photo
 * @param {import("./crop.js").Rect} part
 * @param {number} scale
 * @returns {Promise<Blob>}
 */
export async function renderPart(engine, photo, part, scale, options, call) {
  const side = (length) => Math.max(1, Math.round(length * scale));
  const rendered = await engine.render(
    photo.file,
    {
      ...options,
      sizes: [[side(part.width), side(part.height)]],
      crop: toArray(part),
      quality: VIEW_QUALITY,
      subsampling: "4:2:0",
      progressive: false,
    },
    call,
  );
  return rendered.avatars[0].blob;
}
