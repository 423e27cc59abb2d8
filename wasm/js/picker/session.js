import { cover, mostZoom, pan, place, reshape, same, toArray, zoomOf, zoomTo } from "./geometry.js";
import { History } from "./history.js";
import { Latest } from "./task-queue.js";
import { readPhoto } from "./load-photo.js";
import { ratioOf, sidesOf } from "./sizes.js";

/** @import { Options, Rendered } from "../index.js" */
/** @import { Engine, Photo, Point, Rect, RenderOptions, Shown, State, Tell } from "./types.js" */

/** Keys, wheel and slider come in bursts; a burst has ended after this many milliseconds. */
const BURST = 180;

/** @type {State} */
const EMPTY = Object.freeze({ photo: null, crop: null });

/**
 * One person's work on one avatar: the photo, its crop, what was rendered, and the way back.
 * It knows no element; what happens it tells as `tell(event, detail)`:
 *
 * - `moved`: photo or crop are others; `opened`: a photo was read; `cleared`: there is none;
 * - `preview`: a render is there, maybe of a crop that is passed over already;
 * - `rendered`: the render of the crop that was settled on;
 * - `refused`: the file, or the render, with the error; `stage`: of the work under way;
 * - `busy`: whether there is work under way that the result waits for.
 */
export class Session {
  #engine;
  #tell;
  #history = new History(EMPTY);
  /** @type {State} */
  #now = EMPTY;
  #queue = new Latest();
  /** @type {AbortController | null} */
  #opening = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {{ state: State, rendered: Rendered } | null} the newest render */
  #latest = null;
  #failed = false;
  #wasBusy = false;
  /** @type {((fine: boolean) => void)[]} */
  #waiting = [];
  /** @type {RenderOptions} */
  #options = { sizes: [256] };

  /**
   * @param {Engine} engine
   * @param {Tell} tell
   */
  constructor(engine, tell) {
    this.#engine = engine;
    this.#tell = tell;
  }

  /** The photo and its crop, or null without a photo. @returns {Shown | null} */
  get shown() {
    return this.#now.photo && this.#now;
  }

  get photo() {
    return this.#now.photo;
  }

  get crop() {
    return this.#now.crop;
  }

  /** The render of the present crop, or null while there is none. */
  get rendered() {
    return this.#latest?.state === this.#now ? this.#latest.rendered : null;
  }

  /** Whether a file is being read. */
  get opening() {
    return !!this.#opening;
  }

  get busy() {
    const lacking = !!this.photo && (!this.rendered || this.#unsettled);
    return !!this.#opening || (lacking && !this.#failed);
  }

  get ratio() {
    return ratioOf(this.#options.sizes);
  }

  get mostZoom() {
    return this.photo ? mostZoom(this.photo, this.ratio, this.#largest) : 1;
  }

  get zoom() {
    const { photo, crop } = this.#now;
    return photo ? zoomOf(crop, photo) : 1;
  }

  /** Where the crop lies, in fractions of the room there is. */
  get place() {
    const { photo, crop } = this.#now;
    return photo ? place(crop, photo) : { x: 0.5, y: 0.5 };
  }

  /** Whether the largest avatar has more pixels than the crop: it is enlarged, and soft. */
  get enlarged() {
    return !!this.crop && this.crop.width < this.#largest - 0.5;
  }

  /** The width of the largest avatar. */
  get #largest() {
    const widths = this.#options.sizes.map((size) => sidesOf(size).width);
    return Math.max(1, ...widths.filter(Number.isFinite));
  }

  get canUndo() {
    return this.#history.canUndo || this.#unsettled;
  }

  get canRedo() {
    return this.#history.canRedo && !this.#unsettled;
  }

  get #unsettled() {
    return this.#now !== this.#history.present;
  }

  /** Other render options; the photo is rendered anew. @param {RenderOptions} options */
  configure(options) {
    this.settle({ render: false });
    this.#options = options;
    const reshaped = (/** @type {Shown} */ { photo, crop }) => ({ photo, crop: reshape(crop, photo, this.ratio) });
    this.#history.map((state) => (state.photo ? reshaped(state) : state));
    this.#return();
  }

  /**
   * Reads `file` and puts it in the place of the present photo; whatever was under way is
   * aborted. Resolves when it is shown or refused.
   *
   * @param {Blob} file
   * @param {Rect} [crop] what to show of it; the largest crop by default
   */
  async open(file, crop) {
    this.#opening?.abort();
    this.#queue.stop();
    const opening = (this.#opening = new AbortController());
    this.#report();
    try {
      const photo = await readPhoto(this.#engine, file, this.#shared, this.#call(opening.signal));
      if (this.#opening === opening) this.#opened(photo, crop);
    } catch (error) {
      if (this.#opening === opening) this.#refused(error);
    }
  }

  /** @param {Photo} photo @param {Rect} [crop] */
  #opened(photo, crop) {
    this.#opening = null;
    const whole = cover(photo, this.ratio);
    this.#enter({ photo, crop: crop ? reshape(crop, photo, this.ratio) : whole });
    this.#tell("opened");
    this.settle();
  }

  /** @param {unknown} error */
  #refused(error) {
    this.#opening = null;
    this.#tell("refused", error);
    this.#release(false);
    if (this.photo && !this.rendered) this.#renderFinal();
  }

  /** Moves the crop by fractions of its own sides. @param {number} dx @param {number} dy */
  move(dx, dy) {
    const { photo, crop } = this.#now;
    if (photo) this.#move(photo, pan(crop, photo, dx * crop.width, dy * crop.height));
  }

  /**
   * Zooms in by `factor` (out below 1), so that what was seen at the point `from` is seen at
   * `to`: fractions of the window.
   *
   * @param {number} factor
   * @param {Point} [from]
   * @param {Point} [to]
   */
  zoomBy(factor, from, to) {
    this.zoomTo(this.zoom * factor, from, to);
  }

  /** @param {number} zoom @param {Point} [from] @param {Point} [to] */
  zoomTo(zoom, from, to) {
    const { photo, crop } = this.#now;
    const possible = Math.max(1, Math.min(zoom, this.mostZoom));
    if (photo) this.#move(photo, zoomTo(crop, photo, possible, from, to));
  }

  /** Shows this part: a rectangle in pixels of the upright photo. @param {Rect} rect */
  show(rect) {
    if (!this.photo) return;
    this.#move(this.photo, reshape(rect, this.photo, this.ratio));
    this.settle();
  }

  /** The largest crop, centred, as in the beginning. */
  recentre() {
    if (!this.photo) return;
    this.#move(this.photo, cover(this.photo, this.ratio));
    this.settle();
  }

  /** No photo; can be undone. */
  clear() {
    this.#cancelOpening();
    if (this.photo) this.#enter(EMPTY);
    if (this.#unsettled) this.#history.push(this.#now);
    this.#idle();
  }

  /** As new: no photo and no way back. */
  reset() {
    this.#history = new History(EMPTY);
    this.#now = EMPTY;
    this.#cancelOpening();
    this.#idle();
  }

  #idle() {
    clearTimeout(this.#timer);
    this.#queue.stop();
    this.#tell("cleared");
    this.#release(true);
  }

  undo() {
    this.settle({ render: false });
    this.#history.undo();
    this.#return();
  }

  redo() {
    this.#history.redo();
    this.#return();
  }

  /** Brings back the photo that was there before there was none. */
  restore() {
    if (this.canRedo) this.redo();
    else this.undo();
  }

  #return() {
    if (!this.#unsettled) return;
    this.#enter(this.#history.present);
    if (this.photo) this.#renderFinal();
    else this.#idle();
  }

  /** The person let go: the present crop is the one that counts. */
  settle({ render = true } = {}) {
    clearTimeout(this.#timer);
    if (!this.#unsettled) return;
    this.#history.push(this.#now);
    if (render && this.photo) this.#renderFinal();
  }

  /** Settles when no more moves come for a moment. */
  settleSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.settle(), BURST);
  }

  /**
   * Resolves when no work is under way: true if there is nothing against using the result.
   *
   * @returns {Promise<boolean>}
   */
  settled() {
    this.settle();
    if (!this.busy) return Promise.resolve(!this.#failed);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Renders something of less importance, such as a sharper view, when nothing else is to do.
   *
   * @param {(engine: Engine, options: Options, call: { signal: AbortSignal }) => Promise<void>} job
   */
  aside(job) {
    if (!this.busy) this.#queue.ask((signal) => job(this.#engine, this.#shared, { signal }));
  }

  /** Stops all work; a photo that is not read yet is forgotten. */
  stop() {
    this.settle({ render: false });
    this.#cancelOpening();
    this.#queue.stop();
    this.#release(false);
  }

  /** Takes up again what `stop` has stopped. */
  resume() {
    if (this.busy && !this.#opening) this.#renderFinal();
  }

  #cancelOpening() {
    this.#opening?.abort();
    this.#opening = null;
  }

  /** @param {Photo} photo @param {Rect} crop */
  #move(photo, crop) {
    if (this.crop && same(crop, this.crop)) return;
    this.#enter({ photo, crop });
    this.#queue.ask((signal) => this.#render(this.#now, signal));
  }

  /** @param {State} state */
  #enter(state) {
    this.#now = state;
    this.#failed = false;
    this.#tell("moved");
    this.#report();
  }

  /** Renders the present crop at once, unless that is done or under way already. */
  #renderFinal() {
    const state = this.#now;
    if (this.rendered) {
      this.#queue.stop();
      return this.#finish(this.rendered);
    }
    if (this.#rendering?.state === state && !this.#rendering.signal.aborted) return;
    this.#queue.replace((signal) => this.#render(state, signal));
  }

  /** @type {{ state: State, signal: AbortSignal } | null} what the queue renders at present */
  #rendering = null;

  /** @param {State} state @param {AbortSignal} signal */
  async #render(state, signal) {
    if (!state.photo) return;
    this.#rendering = { state, signal };
    try {
      const options = { ...this.#options, crop: toArray(state.crop) };
      const rendered = await this.#engine.render(state.photo.file, options, this.#call(signal));
      if (!signal.aborted) this.#show(state, rendered);
    } catch (error) {
      if (!signal.aborted && state === this.#now) this.#fail(error);
    } finally {
      this.#rendering = null;
    }
  }

  /** @param {State} state @param {Rendered} rendered */
  #show(state, rendered) {
    this.#latest = { state, rendered };
    this.#tell("preview", rendered);
    if (state === this.#now && !this.#unsettled) this.#finish(rendered);
  }

  /** @param {Rendered} rendered */
  #finish(rendered) {
    this.#tell("rendered", rendered);
    this.#release(true);
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#failed = true;
    this.#tell("refused", error);
    this.#release(false);
  }

  /** Tells whoever waits, unless all is well so far but there is more to do. @param {boolean} fine */
  #release(fine) {
    this.#report();
    if (fine && this.busy) return;
    for (const resolve of this.#waiting.splice(0)) resolve(fine);
  }

  #report() {
    if (this.#wasBusy === this.busy) return;
    this.#wasBusy = this.busy;
    this.#tell("busy", this.busy);
  }

  /** The options that hold for views as well as for avatars. */
  get #shared() {
    const { sizes, ...shared } = this.#options;
    return shared;
  }

  /** @param {AbortSignal} signal @returns {import("../index.js").Call} */
  #call(signal) {
    return { signal, onProgress: (stage) => this.#tell("stage", stage) };
  }
}
