import { visible, windowOf } from "./crop.js";
import { renderPart } from "./photo.js";

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
  /** @type {{ photo: object, bitmap: ImageBitmap } | null} */
  #view = null;
  /** @type {{ crop: object, part: import("./crop.js").Rect, bitmap: ImageBitmap } | null} */
  #detail = null;
  #frame = 0;
  #observer = new ResizeObserver(() => this.draw());

  /**
   * @param {Record<string, any>} ui
   * @param {import("./session.js").Session} session
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

  /** A point of the screen as fractions of the window. @returns {[number, number]} */
  fractions(clientX, clientY) {
    const { left, top } = this.#ui.stage.getBoundingClientRect();
    const { x, y, width, height } = this.window;
    return [(clientX - left - x) / width, (clientY - top - y) / height];
  }

  /** Draws with the next frame. */
  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#session.photo && this.size.width) this.#draw();
    });
  }

  #draw() {
    this.#placeWindow();
    if (this.#view?.photo === this.#session.photo) this.#paint();
    else this.#load(this.#session.photo);
  }

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

  #paint() {
    const canvas = this.#ui.photo;
    const { width, height } = this.size;
    const [across, down] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
    const context = canvas.getContext("2d");
    context.setTransform(across / width, 0, 0, down / height, 0, 0);
    context.clearRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    const { photo, crop } = this.#session;
    this.#put(context, this.#view.bitmap, { x: 0, y: 0, width: photo.width, height: photo.height });
    if (this.#detail?.crop === crop) this.#put(context, this.#detail.bitmap, this.#detail.part);
  }

  /** Draws `bitmap`, which shows `part` of the photo. */
  #put(context, bitmap, part) {
    const { crop } = this.#session;
    const window = this.window;
    const scale = window.width / crop.width;
    const [x, y] = [window.x + (part.x - crop.x) * scale, window.y + (part.y - crop.y) * scale];
    context.drawImage(bitmap, x, y, part.width * scale, part.height * scale);
  }

  /** Renders what is seen once more, if the view is too coarse for it. */
  sharpen() {
    const { photo, crop } = this.#session;
    const scale = (this.window.width / crop.width) * devicePixelRatio;
    const viewed = this.#view ? this.#view.bitmap.width / photo.width : 1;
    if (viewed >= 1 || viewed >= scale * COARSE) return;
    const part = visible(crop, photo, this.window, this.size);
    this.#session.aside((engine, options, call) => this.#render(engine, options, call, part, Math.min(scale, 1)));
  }

  async #render(engine, options, call, part, scale) {
    const { photo, crop } = this.#session;
    if (!photo) return;
    try {
      const bitmap = await createImageBitmap(await renderPart(engine, photo, part, scale, options, call));
      this.#detail?.bitmap.close();
      this.#detail = { crop, part, bitmap };
      this.draw();
    } catch {
      // The coarser view stays; a photo that cannot be rendered is refused where it counts.
    }
  }
}
