/** Formats that the browser knows and core does not: HEIC in Safari, AVIF, whatever comes. */

import { RoundelError } from "./error.js";

/** @import { Limits } from "./options.js" */
/** @import { Pixels } from "./index.js" */

/** Rows drawn at once: few enough for the smallest canvas that a phone allows. */
const BAND = 256;

/**
 * The photo as the browser decodes it: upright, sRGB, straight alpha.
 *
 * @param {Uint8Array} bytes
 * @param {Required<Limits>} limits
 * @param {any} refusal core's, which is thrown again if the browser cannot help
 * @returns {Promise<Pixels>}
 */
export async function decode(bytes, limits, refusal) {
  if (refusal.code !== "unsupported" || !canDraw()) throw refusal;
  const bitmap = await createImageBitmap(new Blob([/** @type {BlobPart} */ (bytes)]), { imageOrientation: "from-image" }).catch(
    () => Promise.reject(refusal),
  );
  try {
    checkSize(bitmap, limits);
    return draw(bitmap);
  } finally {
    bitmap.close();
  }
}

const canDraw = () => typeof createImageBitmap === "function" && typeof OffscreenCanvas === "function";

/** As core checks a header. @param {{ width: number, height: number }} size @param {Required<Limits>} limits */
export function checkSize({ width, height }, limits) {
  const sizes = Object.entries({ width, height, pixels: width * height });
  for (const [name, wanted] of sizes) {
    const limit = /** @type {"width" | "height" | "pixels"} */ (name);
    const allowed = limits[limit];
    if (wanted <= allowed) continue;
    const message = `the limit \`${limit}\` is ${allowed}, and this render wants ${wanted}`;
    throw new RoundelError("limit_exceeded", message, { limit, wanted, allowed });
  }
}

/** @param {ImageBitmap} bitmap @returns {Pixels} */
function draw(bitmap) {
  const { width, height } = bitmap;
  const data = new Uint8Array(width * height * 4);
  const canvas = new OffscreenCanvas(width, Math.min(BAND, height));
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (!context) throw new RoundelError("internal", "the browser gave no canvas to draw on");
  for (let y = 0; y < height; y += BAND) {
    context.clearRect(0, 0, width, BAND);
    context.drawImage(bitmap, 0, -y);
    const rows = Math.min(BAND, height - y);
    data.set(context.getImageData(0, 0, width, rows).data, y * width * 4);
  }
  return { width, height, data };
}
