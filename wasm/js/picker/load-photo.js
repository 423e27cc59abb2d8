import { toArray } from "./geometry.js";

/** @import { CallOptions, Options } from "../index.js" */
/** @import { LoadedPhoto, Rect, Renderer } from "./types.js" */

/** The longest side of the overview, in pixels. */
const OVERVIEW_SIDE = 1280;
/** JPEG quality of pictures that are shown in the cropper and not submitted. */
const DISPLAY_QUALITY = 85;

/**
 * Reads a file and renders its overview.
 *
 * @param {Renderer} renderer
 * @param {Blob} file
 * @param {Options} options of every render
 * @param {CallOptions} callOptions
 * @returns {Promise<LoadedPhoto>}
 */
export async function loadPhoto(renderer, file, options, callOptions) {
  const { width, height, format } = await renderer.probe(file, options, callOptions);
  const scale = Math.min(1, OVERVIEW_SIDE / Math.max(width, height));
  const overview = await renderPart(renderer, file, { x: 0, y: 0, width, height }, scale, options, callOptions);
  return { file, width, height, format, overview };
}

/**
 * Renders a part of the photo at `scale` times its size, to show in the cropper. Core renders it
 * like the avatars, on the same background, so that it shows the same colors and orientation.
 *
 * @param {Renderer} renderer
 * @param {Blob} file
 * @param {Rect} part
 * @param {number} scale
 * @param {Options} options of every render
 * @param {CallOptions} callOptions
 * @returns {Promise<Blob>}
 */
export async function renderPart(renderer, file, part, scale, options, callOptions) {
  const scaled = (/** @type {number} */ length) => Math.max(1, Math.round(length * scale));
  const rendered = await renderer.render(
    file,
    {
      ...options,
      sizes: [[scaled(part.width), scaled(part.height)]],
      crop: toArray(part),
      quality: DISPLAY_QUALITY,
      speed: "fast",
      subsampling: "4:2:0",
      progressive: false,
    },
    callOptions,
  );
  return rendered.avatars[0].blob;
}
