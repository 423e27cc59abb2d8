import { h } from "./dom.js";
import { interpolate } from "./strings.js";

/** @import { Avatar, Rendered } from "../index.js" */
/** @import { PickerStrings } from "./index.js" */

/**
 * Shows the avatars at their real size: the files themselves, decoded and drawn pixel for pixel.
 *
 * They are drawn on canvases, because a strict content security policy forbids images from `blob:`
 * addresses.
 */
export class Previews {
  #list;
  /** @type {Rendered | null} */
  #latest = null;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /**
   * @param {Rendered} rendered
   * @param {PickerStrings} strings
   */
  async show(rendered, strings) {
    this.#latest = rendered;
    // Each size once, in its first format.
    const [{ format: first }] = rendered.avatars;
    const avatars = rendered.avatars.filter(({ format }) => format === first);
    const bitmaps = await Promise.all(avatars.map(({ blob }) => createImageBitmap(blob)));
    // A newer render may have been shown while this one was decoded.
    if (this.#latest === rendered) this.#draw(avatars, bitmaps, strings);
    for (const bitmap of bitmaps) bitmap.close();
  }

  clear() {
    this.#latest = null;
    this.#list.replaceChildren();
  }

  /** @param {readonly Avatar[]} avatars @param {ImageBitmap[]} bitmaps @param {PickerStrings} strings */
  #draw(avatars, bitmaps, strings) {
    while (this.#list.children.length > avatars.length) this.#list.lastChild?.remove();
    while (this.#list.children.length < avatars.length) this.#list.append(createItem());
    avatars.forEach((avatar, index) => updateItem(this.#list.children[index], avatar, bitmaps[index], strings));
  }
}

function createItem() {
  return h("li", { part: "preview" }, h("canvas", { part: "preview-image", role: "img" }), h("span", { part: "preview-label" }));
}

/** @param {Element} item @param {Avatar} avatar @param {ImageBitmap} bitmap @param {PickerStrings} strings */
function updateItem(item, { width, height, blob }, bitmap, strings) {
  const [canvas, caption] = /** @type {any} */ (item.children);
  Object.assign(canvas, { width, height });
  canvas.style.width = `${width}px`;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  canvas.setAttribute("aria-label", interpolate(strings.preview, { width, height }));
  const size = interpolate(width === height ? strings.squareSize : strings.size, { width, height });
  const fileSize = interpolate(strings.fileSize, { kilobytes: toKilobytes(blob.size) });
  caption.replaceChildren(size, h("small", {}, fileSize));
}

/** Thousands of bytes, with one decimal below 10. @param {number} bytes */
function toKilobytes(bytes) {
  return (bytes / 1000).toLocaleString(undefined, { maximumFractionDigits: bytes < 10_000 ? 1 : 0 });
}
