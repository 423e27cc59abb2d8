import { visible, windowOf } from "./geometry.js";
import { renderPart } from "./load-photo.js";

/** @import { Session } from "./session.js" */
/** @import { Photo, Point, Rect, Shown, Ui } from "./types.js" */

/** Between the window and the stage's edges in CSS pixels: room for the buttons that move. */
const MARGIN = 38;
/** A view this much coarser than the screen is rendered again, sharper. */
const COARSE = 0.8;

/**
 * Draws the photo where the crop says, with the window that becomes the avatar in the middle.
 *
 * What is drawn while the photo moves is one picture of all of it that core has made. Where it
 * comes to rest zoomed in, the part that is seen is rendered once more at the screen's own
 * pixels.
 */
export class Stage {
  #ui;
  #session;
  /** @type {{ photo: Photo, bitmap: ImageBitmap } | null} all of the photo */
  #view = null;
  /** @type {{ crop: Rect, part: Rect, bitmap: ImageBitmap } | null} what is seen with `crop` */
  #detail = null;
  #frame = 0;
  #observer = new ResizeObserver(() => this.draw());

  /**
   * @param {Ui} ui
   * @param {Session} session
   */
  constructor(ui, session) {
    this.#ui = ui;
    this.#session = session;
  }

  start() {
    this.#observer.observe(this.#ui.stage);
  }

  stop() {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** The stage's size in CSS pixels. */
  get size() {
    return { width: this.#ui.stage.clientWidth, height: this.#ui.stage.clientHeight };
  }

  /** The window's place on the stage in CSS pixels. */
  get window() {
    return windowOf(this.size, this.#session.ratio, MARGIN);
  }

  /** A point of the screen as fractions of the window. @param {number} clientX @param {number} clientY @returns {Point} */
  fractions(clientX, clientY) {
    const { left, top } = this.#ui.stage.getBoundingClientRect();
    const { x, y, width, height } = this.window;
    return [(clientX - left - x) / width, (clientY - top - y) / height];
  }

  /** Draws with the next frame. */
  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#session.shown && this.size.width) this.#draw(this.#session.shown);
    });
  }

  /** @param {Shown} shown */
  #draw(shown) {
    this.#placeWindow();
    if (this.#view?.photo === shown.photo) this.#paint(shown, this.#view.bitmap);
    else this.#load(shown.photo);
  }

  /** @param {Photo} photo */
  async #load(photo) {
    const bitmap = await createImageBitmap(photo.view);
    if (photo !== this.#session.photo) return bitmap.close();
    this.#view?.bitmap.close();
    this.#view = { photo, bitmap };
    this.draw();
  }

  #placeWindow() {
    const { x, y, width, height } = this.window;
    const { style } = this.#ui.window;
    Object.assign(style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
  }

  /** @param {Shown} shown @param {ImageBitmap} view */
  #paint({ photo, crop }, view) {
    const context = this.#clear();
    if (!context) return;
    this.#put(context, crop, view, { x: 0, y: 0, width: photo.width, height: photo.height });
    if (this.#detail?.crop === crop) this.#put(context, crop, this.#detail.bitmap, this.#detail.part);
  }

  /** The canvas, empty, of the screen's own pixels and measured in CSS pixels. */
  #clear() {
    const canvas = this.#ui.photo;
    const { width, height } = this.size;
    const [across, down] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
    const context = canvas.getContext("2d");
    context?.setTransform(across / width, 0, 0, down / height, 0, 0);
    context?.clearRect(0, 0, width, height);
    if (context) context.imageSmoothingQuality = "high";
    return context;
  }

  /**
   * Draws `bitmap`, which shows `part` of the photo.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Rect} crop
   * @param {ImageBitmap} bitmap
   * @param {Rect} part
   */
  #put(context, crop, bitmap, part) {
    const window = this.window;
    const scale = window.width / crop.width;
    const [x, y] = [window.x + (part.x - crop.x) * scale, window.y + (part.y - crop.y) * scale];
    context.drawImage(bitmap, x, y, part.width * scale, part.height * scale);
  }

  /** Renders what is seen once more, if the view is too coarse for it. */
  sharpen() {
    if (!this.#session.shown) return;
    const { photo, crop } = this.#session.shown;
    const scale = (this.window.width / crop.width) * devicePixelRatio;
    const viewed = this.#view ? this.#view.bitmap.width / photo.width : 1;
    if (viewed >= 1 || viewed >= scale * COARSE) return;
    const part = visible(crop, photo, this.window, this.size);
    this.#session.aside((engine, options, call) =>
      renderPart(engine, photo, part, Math.min(scale, 1), options, call)
        .then((blob) => createImageBitmap(blob))
        .then((bitmap) => this.#show({ crop, part, bitmap }))
        .catch(() => {}), // The coarser view stays; a photo is refused where it counts.
    );
  }

  /** @param {{ crop: Rect, part: Rect, bitmap: ImageBitmap }} detail */
  #show(detail) {
    this.#detail?.bitmap.close();
    this.#detail = detail;
    this.draw();
  }
}
