import { h } from "./dom.js";
import { fill } from "./strings.js";

/** @import { Avatar, Rendered } from "../index.js" */
/** @import { PickerStrings } from "./index.js" */

/**
 * The avatars at their real sizes: the very files, decoded and drawn pixel for pixel.
 *
 * Drawn on canvases, because a picture from a `blob:` address is more than a page with a strict
 * content security policy allows.
 */
export class Previews {
  #list;
  /** @type {Rendered | null} */
  #newest = null;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /**
   * @param {Rendered} rendered
   * @param {PickerStrings} strings
   */
  async show(rendered, strings) {
    this.#newest = rendered;
    const bitmaps = await Promise.all(rendered.avatars.map(({ blob }) => createImageBitmap(blob)));
    if (this.#newest === rendered) this.#draw(rendered.avatars, bitmaps, strings);
    for (const bitmap of bitmaps) bitmap.close();
  }

  clear() {
    this.#newest = null;
    this.#list.replaceChildren();
  }

  /** @param {readonly Avatar[]} avatars @param {ImageBitmap[]} bitmaps @param {PickerStrings} strings */
  #draw(avatars, bitmaps, strings) {
    while (this.#list.children.length > avatars.length) this.#list.lastChild?.remove();
    while (this.#list.children.length < avatars.length) this.#list.append(item());
    avatars.forEach((avatar, index) => put(this.#list.children[index], avatar, bitmaps[index], strings));
  }
}

function item() {
  return h("li", { part: "preview" }, h("canvas", { part: "preview-image", role: "img" }), h("span", { part: "preview-label" }));
}

/** @param {Element} li @param {Avatar} avatar @param {ImageBitmap} bitmap @param {PickerStrings} strings */
function put(li, { width, height, blob }, bitmap, strings) {
  const [canvas, caption] = /** @type {any} */ (li.children);
  Object.assign(canvas, { width, height });
  canvas.style.width = `${width}px`;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  canvas.setAttribute("aria-label", fill(strings.preview, { width, height }));
  const size = fill(width === height ? strings.size : strings.sizeBoth, { width, height });
  const bytes = fill(strings.bytes, { kilobytes: kilobytes(blob.size) });
  caption.replaceChildren(size, h("small", {}, bytes));
}

/** Thousands of bytes, with a decimal where there are few. @param {number} bytes */
function kilobytes(bytes) {
  return (bytes / 1000).toLocaleString(undefined, { maximumFractionDigits: bytes < 10_000 ? 1 : 0 });
}
