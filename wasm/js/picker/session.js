import { isSameRect, largestCrop, maxZoom, pan, relativePosition, toArray, withAspectRatio, zoomOf, zoomTo } from "./geometry.js";
import { History } from "./history.js";
import { loadPhoto } from "./load-photo.js";
import { aspectRatioOf, toSize } from "./sizes.js";
import { TaskQueue } from "./task-queue.js";

/** @import { CallOptions, Options, Rendered } from "../index.js" */
/** @import { CroppedPhoto, Emit, LoadedPhoto, Point, Rect, Renderer, RenderOptions, State } from "./types.js" */

/** Keys, wheel and slider give many small moves. This many milliseconds without one end the series. */
const DEBOUNCE_MS = 180;

/** @type {State} */
const EMPTY = Object.freeze({ photo: null, crop: null });

/**
 * The editing of one avatar: the photo, its crop, the undo list and the renders. It knows no DOM.
 *
 * A crop is *current* as soon as the photo moves. It is *committed* when the move ends: only then
 * it becomes an undo step, and only its avatars are given to the form. Events:
 *
 * - `changed`: the photo or the crop is another; `loaded`: a photo was read; `cleared`: no photo;
 * - `preview`: a render is finished, possibly of a crop that is no longer current;
 * - `rendered`: the render of the committed crop is finished;
 * - `failed`: the file or the render was refused; `progress`: a stage of a render is finished;
 * - `busy`: whether work is under way on which the result depends.
 */
export class Session {
  #renderer;
  #emit;
  #history = new History(EMPTY);
  /** @type {State} */
  #current = EMPTY;
  #queue = new TaskQueue();
  /** @type {AbortController | null} */
  #loading = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {{ state: State, rendered: Rendered } | null} */
  #lastRender = null;
  #hasFailed = false;
  #wasBusy = false;
  /** @type {((succeeded: boolean) => void)[]} */
  #settledCallbacks = [];
  /** @type {RenderOptions} */
  #options = { sizes: [256] };

  /**
   * @param {Renderer} renderer
   * @param {Emit} emit
   */
  constructor(renderer, emit) {
    this.#renderer = renderer;
    this.#emit = emit;
  }

  /** The photo and its crop, or null without a photo. @returns {CroppedPhoto | null} */
  get croppedPhoto() {
    return this.#current.photo && this.#current;
  }

  get photo() {
    return this.#current.photo;
  }

  get crop() {
    return this.#current.crop;
  }

  /** The render of the current crop, or null if there is none yet. */
  get rendered() {
    return this.#lastRender?.state === this.#current ? this.#lastRender.rendered : null;
  }

  /** Whether a file is being read. */
  get loading() {
    return !!this.#loading;
  }

  get busy() {
    const isUnfinished = !!this.photo && (!this.rendered || this.#isUncommitted);
    return !!this.#loading || (isUnfinished && !this.#hasFailed);
  }

  get aspectRatio() {
    return aspectRatioOf(this.#options.sizes);
  }

  get maxZoom() {
    return this.photo ? maxZoom(this.photo, this.aspectRatio, this.#avatarWidth) : 1;
  }

  get zoom() {
    const { photo, crop } = this.#current;
    return photo ? zoomOf(crop, photo) : 1;
  }

  /** The position of the crop, as fractions of the room to the photo's edges. */
  get position() {
    const { photo, crop } = this.#current;
    return photo ? relativePosition(crop, photo) : { x: 0.5, y: 0.5 };
  }

  /** Whether the largest avatar has more pixels than the crop, so that it looks soft. */
  get enlarged() {
    return !!this.crop && this.crop.width < this.#avatarWidth - 0.5;
  }

  /** The width of the largest avatar. */
  get #avatarWidth() {
    const widths = this.#options.sizes.map((size) => toSize(size).width);
    return Math.max(1, ...widths.filter(Number.isFinite));
  }

  get canUndo() {
    return this.#history.canUndo || this.#isUncommitted;
  }

  get canRedo() {
    return this.#history.canRedo && !this.#isUncommitted;
  }

  get #isUncommitted() {
    return this.#current !== this.#history.present;
  }

  /** Sets the render options and renders the photo again. @param {RenderOptions} options */
  configure(options) {
    this.commit({ render: false });
    this.#options = options;
    const reshape = (/** @type {CroppedPhoto} */ { photo, crop }) => ({
      photo,
      crop: withAspectRatio(crop, photo, this.aspectRatio),
    });
    this.#history.map((state) => (state.photo ? reshape(state) : state));
    this.#showPresent();
  }

  /**
   * Reads `file` and replaces the current photo. Aborts all other work. Resolves when the photo is
   * shown or refused.
   *
   * @param {Blob} file
   * @param {Rect} [crop] the largest crop by default
   */
  async load(file, crop) {
    this.#loading?.abort();
    this.#queue.abort();
    const loading = (this.#loading = new AbortController());
    this.#emitBusy();
    try {
      const photo = await loadPhoto(this.#renderer, file, this.#sharedOptions, this.#callOptions(loading.signal));
      // Another file may have replaced this one meanwhile.
      if (this.#loading === loading) this.#onLoaded(photo, crop);
    } catch (error) {
      if (this.#loading === loading) this.#onLoadFailed(error);
    }
  }

  /** @param {LoadedPhoto} photo @param {Rect} [crop] */
  #onLoaded(photo, crop) {
    this.#loading = null;
    this.#setCurrent({
      photo,
      crop: crop ? withAspectRatio(crop, photo, this.aspectRatio) : largestCrop(photo, this.aspectRatio),
    });
    this.#emit("loaded");
    this.commit();
  }

  /** @param {unknown} error */
  #onLoadFailed(error) {
    this.#loading = null;
    this.#emit("failed", error);
    this.#settle(false);
    // The photo before stays. Its render was aborted when the file was chosen.
    if (this.photo && !this.rendered) this.#renderCurrent();
  }

  /** Moves the crop by fractions of its own sides. @param {number} dx @param {number} dy */
  move(dx, dy) {
    const { photo, crop } = this.#current;
    if (photo) this.#changeCrop(photo, pan(crop, photo, dx * crop.width, dy * crop.height));
  }

  /**
   * Multiplies the zoom by `factor` and moves the photo's point at `from` to `to`: fractions of the
   * crop area.
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
    const { photo, crop } = this.#current;
    const allowed = Math.max(1, Math.min(zoom, this.maxZoom));
    if (photo) this.#changeCrop(photo, zoomTo(crop, photo, allowed, from, to));
  }

  /** Sets the crop. @param {Rect} crop */
  setCrop(crop) {
    if (!this.photo) return;
    this.#changeCrop(this.photo, withAspectRatio(crop, this.photo, this.aspectRatio));
    this.commit();
  }

  /** Sets the largest crop, which every photo starts with. */
  recenter() {
    if (!this.photo) return;
    this.#changeCrop(this.photo, largestCrop(this.photo, this.aspectRatio));
    this.commit();
  }

  /** Removes the photo. This can be undone. */
  clear() {
    this.#cancelLoading();
    if (this.photo) this.#setCurrent(EMPTY);
    if (this.#isUncommitted) this.#history.push(this.#current);
    this.#onCleared();
  }

  /** Removes the photo and the undo list. */
  reset() {
    this.#history = new History(EMPTY);
    this.#current = EMPTY;
    this.#cancelLoading();
    this.#onCleared();
  }

  #onCleared() {
    clearTimeout(this.#timer);
    this.#queue.abort();
    this.#emit("cleared");
    this.#settle(true);
  }

  undo() {
    this.commit({ render: false });
    this.#history.undo();
    this.#showPresent();
  }

  redo() {
    this.#history.redo();
    this.#showPresent();
  }

  /** Brings back a photo that was removed, or whose loading was undone. */
  restore() {
    if (this.canRedo) this.redo();
    else this.undo();
  }

  /** Makes the present state of the undo list the current one. */
  #showPresent() {
    if (!this.#isUncommitted) return;
    this.#setCurrent(this.#history.present);
    if (this.photo) this.#renderCurrent();
    else this.#onCleared();
  }

  /** Ends a move: the current crop becomes an undo step and is rendered for the form. */
  commit({ render = true } = {}) {
    clearTimeout(this.#timer);
    if (!this.#isUncommitted) return;
    this.#history.push(this.#current);
    if (render && this.photo) this.#renderCurrent();
  }

  /** Commits after a pause without further moves. */
  commitSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.commit(), DEBOUNCE_MS);
  }

  /**
   * Resolves when no work is under way: true if the result can be used, false if the last render
   * failed.
   *
   * @returns {Promise<boolean>}
   */
  settled() {
    this.commit();
    if (!this.busy) return Promise.resolve(!this.#hasFailed);
    return new Promise((resolve) => this.#settledCallbacks.push(resolve));
  }

  /**
   * Runs a render on which the result does not depend, if no other work is under way.
   *
   * @param {(renderer: Renderer, options: Options, callOptions: { signal: AbortSignal }) => Promise<void>} render
   */
  renderWhenIdle(render) {
    if (!this.busy) this.#queue.enqueue((signal) => render(this.#renderer, this.#sharedOptions, { signal }));
  }

  /** Aborts all work. A file that is being read is dropped. */
  suspend() {
    this.commit({ render: false });
    this.#cancelLoading();
    this.#queue.abort();
    this.#settle(false);
  }

  /** Continues after `suspend`. */
  resume() {
    if (this.busy && !this.#loading) this.#renderCurrent();
  }

  #cancelLoading() {
    this.#loading?.abort();
    this.#loading = null;
  }

  /** @param {LoadedPhoto} photo @param {Rect} crop */
  #changeCrop(photo, crop) {
    if (this.crop && isSameRect(crop, this.crop)) return;
    this.#setCurrent({ photo, crop });
    this.#queue.enqueue((signal) => this.#render(this.#current, signal));
  }

  /** @param {State} state */
  #setCurrent(state) {
    this.#current = state;
    this.#hasFailed = false;
    this.#emit("changed");
    this.#emitBusy();
  }

  /** Renders the current crop next, unless its render is finished or running. */
  #renderCurrent() {
    const state = this.#current;
    if (this.rendered) {
      this.#queue.abort();
      return this.#onRendered(this.rendered);
    }
    if (this.#rendering?.state === state && !this.#rendering.signal.aborted) return;
    this.#queue.replace((signal) => this.#render(state, signal));
  }

  /** @type {{ state: State, signal: AbortSignal } | null} the render that the queue runs */
  #rendering = null;

  /** @param {State} state @param {AbortSignal} signal */
  async #render(state, signal) {
    if (!state.photo) return;
    this.#rendering = { state, signal };
    try {
      const options = { ...this.#options, crop: toArray(state.crop) };
      const rendered = await this.#renderer.render(state.photo.file, options, this.#callOptions(signal));
      if (!signal.aborted) this.#onPreview(state, rendered);
    } catch (error) {
      if (!signal.aborted && state === this.#current) this.#onRenderFailed(error);
    } finally {
      this.#rendering = null;
    }
  }

  /** @param {State} state @param {Rendered} rendered */
  #onPreview(state, rendered) {
    this.#lastRender = { state, rendered };
    this.#emit("preview", rendered);
    if (state === this.#current && !this.#isUncommitted) this.#onRendered(rendered);
  }

  /** @param {Rendered} rendered */
  #onRendered(rendered) {
    this.#emit("rendered", rendered);
    this.#settle(true);
  }

  /** @param {unknown} error */
  #onRenderFailed(error) {
    this.#hasFailed = true;
    this.#emit("failed", error);
    this.#settle(false);
  }

  /** Resolves the promises of `settled`. After a success they wait for work that remains. @param {boolean} succeeded */
  #settle(succeeded) {
    this.#emitBusy();
    if (succeeded && this.busy) return;
    for (const resolve of this.#settledCallbacks.splice(0)) resolve(succeeded);
  }

  #emitBusy() {
    if (this.#wasBusy === this.busy) return;
    this.#wasBusy = this.busy;
    this.#emit("busy", this.busy);
  }

  /** The options that apply to the cropper's own renders as well as to the avatars. One format is enough there. */
  get #sharedOptions() {
    const { sizes, formats, max_bytes, ...shared } = this.#options;
    return formats ? { ...shared, formats: [formats].flat().slice(0, 1) } : shared;
  }

  /** @param {AbortSignal} signal @returns {CallOptions} */
  #callOptions(signal) {
    return { signal, onProgress: (stage) => this.#emit("progress", stage) };
  }
}
