/** Decodes formats that the browser supports and roundel does not read: HEIC in Safari, and others. */

import { limitExceeded, RoundelError } from "./error.js";

/** @import { Pixels } from "./index.js" */
/** @import { Limits } from "./options.js" */

/** Rows that are drawn at once. The canvas stays below the smallest limit of any phone. */
const BAND_HEIGHT = 256;

/**
 * Decodes the photo to upright sRGB pixels with straight alpha.
 *
 * @param {Uint8Array} bytes
 * @param {Required<Limits>} limits
 * @param {any} error core's; thrown again if the browser cannot decode the photo
 * @returns {Promise<Pixels>}
 */
export async function decodeInBrowser(bytes, limits, error) {
  if (error.code !== "unsupported" || !canDraw()) throw error;
  const blob = new Blob([/** @type {BlobPart} */ (bytes)]);
  const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" }).catch(() => Promise.reject(error));
  try {
    checkSize(bitmap, limits);
    return readPixels(bitmap);
  } finally {
    bitmap.close();
  }
}

const canDraw = () => typeof createImageBitmap === "function" && typeof OffscreenCanvas === "function";

/** Checks a size against the limits, as core does for a header. @param {{ width: number, height: number }} size @param {Required<Limits>} limits */
export function checkSize({ width, height }, limits) {
  const wanted = { width, height, pixels: width * height };
  for (const limit of /** @type {const} */ (["width", "height", "pixels"])) {
    if (wanted[limit] > limits[limit]) throw limitExceeded(limit, wanted[limit], limits[limit]);
  }
}

/** @param {ImageBitmap} bitmap @returns {Pixels} */
function readPixels(bitmap) {
  const { width, height } = bitmap;
  const data = new Uint8Array(width * height * 4);
  const canvas = new OffscreenCanvas(width, Math.min(BAND_HEIGHT, height));
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (!context) throw new RoundelError("internal", "the browser gave no canvas context to decode with");
  for (let y = 0; y < height; y += BAND_HEIGHT) {
    // Without this, a transparent photo would be drawn over the band before.
    context.clearRect(0, 0, width, BAND_HEIGHT);
    context.drawImage(bitmap, 0, -y);
    const rows = Math.min(BAND_HEIGHT, height - y);
    data.set(context.getImageData(0, 0, width, rows).data, y * width * 4);
  }
  return { width, height, data };
}
