import { probe, render } from "../index.js";
import { hasCamera, listenForCamera } from "./camera.js";
import { Cropper } from "./cropper.js";
import { listenForFiles, listenForPastes } from "./file-input.js";
import { FormAssociated, reflectAttributes } from "./form-associated.js";
import { FormField, parseState } from "./form-field.js";
import { toArray } from "./geometry.js";
import { listenForGestures } from "./gestures.js";
import { onCropperKey, onPickerKey, ZOOM_STEP } from "./keyboard.js";
import { Presenter } from "./presenter.js";
import { Previews } from "./previews.js";
import { Session } from "./session.js";
import { parseSizes } from "./sizes.js";
import { codeOf, strings } from "./strings.js";
import { styleSheet } from "./style.js";
import { buildShadowTree, MOVE_DIRECTIONS } from "./template.js";

/** @import { Decoder, Format, FormatDecoder, Options, Rendered, Stage } from "../index.js" */
/** @import { CropRect, PartialPickerStrings, PickerStrings } from "./index.js" */
/** @import { Renderer, RenderOptions, SessionEvents } from "./types.js" */

const STAGES = ["plan", "decode", "resize", "encode"];
/** The distance of one press of a move button, as a fraction of the crop area. */
const BUTTON_STEP = 0.05;
/** Attributes that are render options. */
const OPTION_ATTRIBUTES = ["sizes", "formats", "quality"];

/** The element `<roundel-picker>`. The README in this folder describes its interface. */
export class RoundelPicker extends FormAssociated {
  static observedAttributes = [...OPTION_ATTRIBUTES, "name", "required", "shape", "src"];
  /** The texts of all pickers. @type {PickerStrings} */
  static strings = strings;

  /** Decoders for formats that are not read without them, as in `render`. @type {readonly (FormatDecoder | Decoder)[]} */
  decoders = [];

  /** @type {Renderer} */
  #renderer = {
    probe: (photo, options, callOptions) => probe(photo, options, { ...callOptions, decoders: this.decoders }),
    render: (photo, options, callOptions) => render(photo, options, { ...callOptions, decoders: this.decoders }),
  };
  #session = new Session(this.#renderer, (event, ...detail) => this.#onSessionEvent(event, detail[0]));
  #ui = buildShadowTree(this.#createRoot());
  #cropper = new Cropper(this.#ui, this.#session);
  #presenter = new Presenter(this.#ui, this.#session, () => this.strings);
  #previews = new Previews(this.#ui.previewList);
  #field = new FormField(this, this._internals, this.#session);
  /** @type {PartialPickerStrings} */
  #strings = {};
  /** @type {Options} */
  #options = {};
  /** Aborted when the element leaves the page. */
  #connection = new AbortController();
  /** Whether the last `change` event had avatars. */
  #hasAvatars = false;
  /** The validation message of a photo that cannot be rendered. */
  #photoError = "";
  /** Whether the render options will be read at the end of this task. */
  #willConfigure = false;

  /** @type {{ [E in keyof SessionEvents]: (detail: SessionEvents[E]) => void }} */
  #sessionHandlers = {
    loaded: () => this.#presenter.announcePhoto(),
    changed: () => this.#onChanged(),
    preview: (rendered) => this.#previews.show(rendered, this.strings),
    rendered: (rendered) => this.#onRendered(rendered),
    cleared: () => this.#onCleared(),
    failed: (error) => this.#onError(error),
    progress: (stage) => this.#onProgress(stage),
    busy: (busy) => this.#onBusy(busy),
  };

  constructor() {
    super();
    this.#addListeners();
  }

  #createRoot() {
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    root.adoptedStyleSheets = [styleSheet()];
    return root;
  }

  /** @param {keyof SessionEvents} event @param {any} detail */
  #onSessionEvent(event, detail) {
    /** @type {(detail: any) => void} */ (this.#sessionHandlers[event])(detail);
  }

  #addListeners() {
    const ui = this.#ui;
    listenForFiles(this, ui, (file) => this.#load(file), () => this.#isDisabled);
    listenForCamera(ui, (photo) => this.#load(photo), (error) => this.#onError({ code: "no_camera", cause: error }));
    ui.camera.hidden = !hasCamera();
    listenForGestures(ui.cropper, this.#cropper, this.#session);
    this.#addKeyListeners();
    this.#addButtonListeners();
    // Pages get the picker's own events, not those of the controls in its shadow tree.
    for (const type of ["input", "change"]) this.shadowRoot?.addEventListener(type, (event) => event.stopPropagation());
  }

  #addKeyListeners() {
    /** @param {HTMLElement} element @param {typeof onCropperKey} onKey */
    const listen = (element, onKey) => {
      element.addEventListener("keydown", (event) => this.#isDisabled || onKey(event, this.#session));
    };
    listen(this.#ui.cropper, onCropperKey);
    listen(this.#ui.base, onPickerKey);
  }

  #addButtonListeners() {
    const session = this.#session;
    const ui = this.#ui;
    ui.zoom.addEventListener("input", () => this.#edit(() => session.zoomTo(this.#presenter.sliderZoom)));
    const actions = {
      undo: () => session.undo(),
      redo: () => session.redo(),
      recenter: () => session.recenter(),
      remove: () => session.clear(),
      restore: () => session.restore(),
      zoomIn: () => this.#edit(() => session.zoomBy(ZOOM_STEP)),
      zoomOut: () => this.#edit(() => session.zoomBy(1 / ZOOM_STEP)),
    };
    for (const name of keysOf(actions)) ui[name].addEventListener("click", actions[name]);
    for (const name of keysOf(MOVE_DIRECTIONS)) {
      const [dx, dy] = MOVE_DIRECTIONS[name];
      // The photo moves in this direction, so the crop moves in the opposite one.
      ui[name].addEventListener("click", () => this.#edit(() => session.move(-dx * BUTTON_STEP, -dy * BUTTON_STEP)));
    }
  }

  connectedCallback() {
    this.#connection = new AbortController();
    listenForPastes(this, (file) => this.#load(file), () => this.#isDisabled, this.#connection.signal);
    this.#cropper.connect();
    this.#session.resume();
    this.#updateTexts();
    this.#updateValidity();
  }

  disconnectedCallback() {
    this.#connection.abort();
    this.#cropper.disconnect();
    this.#ui.cameraDialog.close();
    // An element that is moved within the page is connected again in the same task.
    queueMicrotask(() => this.isConnected || this.#session.suspend());
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (OPTION_ATTRIBUTES.includes(name)) this.#configureSoon();
    else if (name === "src") this.#presenter.showCurrentPicture(this.getAttribute("src"));
    else if (name === "shape") this.#cropper.draw();
    else this.#updateField();
  }

  /** @param {HTMLFormElement | null} form */
  formAssociatedCallback(form) {
    this.#field.setForm(form);
  }

  /** @param {boolean} disabled */
  formDisabledCallback(disabled) {
    this.#ui.base.disabled = disabled;
    this.#ui.cropper.tabIndex = disabled ? -1 : 0;
    this.#ui.cropper.ariaDisabled = String(disabled);
  }

  formResetCallback() {
    this.#session.reset();
  }

  /** @param {File | string | FormData} state */
  formStateRestoreCallback(state) {
    const { file, crop } = parseState(state) ?? {};
    if (file) this.#session.load(file, crop);
  }

  // ---- the public interface

  /** Loads a photo as if the user had chosen it. Resolves when it is shown or refused. @param {Blob} file */
  load(file) {
    return this.#load(file);
  }

  /** Removes the photo. `undo` brings it back. */
  clear() {
    this.#session.clear();
  }

  undo() {
    this.#session.undo();
  }

  redo() {
    this.#session.redo();
  }

  /** Resolves when no work is under way: false if the last render failed, otherwise true. */
  settled() {
    return this.#session.settled();
  }

  /** The file that the user chose, unchanged, or null. */
  get photo() {
    return this.#session.photo?.file ?? null;
  }

  /** The result of `render` for the current crop, or null if there is none yet. */
  get rendered() {
    return this.#session.busy ? null : this.#session.rendered;
  }

  /** `[x, y, width, height]` in pixels of the upright photo, or null without a photo. */
  get crop() {
    return this.#session.crop && toArray(this.#session.crop);
  }

  /** @param {CropRect | null} rect */
  set crop(rect) {
    if (!rect) return;
    const [x, y, width, height] = rect;
    this.#session.setCrop({ x, y, width, height });
  }

  /** Render options without an attribute, such as `background`. */
  get options() {
    return this.#options;
  }

  set options(options) {
    this.#options = { ...options };
    this.#configureSoon();
  }

  /** All texts. Set only those that differ from the texts of all pickers. @returns {PickerStrings} */
  get strings() {
    const { strings: shared } = RoundelPicker;
    return { ...shared, ...this.#strings, errors: { ...shared.errors, ...this.#strings.errors } };
  }

  /** @param {PartialPickerStrings} texts */
  set strings(texts) {
    this.#strings = texts;
    this.#updateTexts();
    this.#updateValidity();
  }

  // ---- the photo

  get #isDisabled() {
    return this.#ui.base.disabled;
  }

  /** @param {Blob | null} file */
  async #load(file) {
    this.#presenter.showError("");
    if (!file) return this.#onError({ code: "no_photo", message: "no file was given" });
    await this.#session.load(file);
  }

  /** @param {unknown} error */
  #onError(error) {
    const code = codeOf(error);
    const message = this.strings.errors[code];
    this.#presenter.showError(message);
    // A refused file leaves the photo before it usable. A failed render leaves no avatars.
    const isUnusable = !this.#session.busy && !this.#session.rendered;
    if (isUnusable) this.#field.clear();
    this.#updateValidity(isUnusable ? message : "");
    this.#emit("error", { code, message, error }, false);
  }

  #onCleared() {
    this.#presenter.showState();
    this.#presenter.showError("");
    this.#presenter.showHint();
    this.#previews.clear();
    this.#field.clear();
    this.#updateValidity("");
    if (!this.#hasAvatars) return;
    this.#hasAvatars = false;
    this.#presenter.announceRemoval();
    this.#emit("change", null);
  }

  // ---- the crop

  /** Runs one of many small edits, which are committed together. @param {() => void} edit */
  #edit(edit) {
    edit();
    this.#session.commitSoon();
  }

  #onChanged() {
    this.#presenter.showState();
    this.#cropper.draw();
    if (this.crop) this.#emit("input", { crop: this.crop });
  }

  // ---- the avatars

  /** @param {Rendered} rendered */
  #onRendered(rendered) {
    this.#hasAvatars = true;
    this.#field.set(rendered);
    this.#updateValidity("");
    this.#presenter.showError("");
    this.#presenter.showHint();
    this.#presenter.showState();
    this.#presenter.announcePosition();
    this.#cropper.renderDetail();
    this.#emit("change", rendered);
  }

  /** @param {Stage} stage */
  #onProgress(stage) {
    const done = STAGES.indexOf(stage) + 1;
    this.#presenter.showProgress(done);
    this.#emit("progress", { stage, done, total: STAGES.length }, false);
  }

  /** @param {boolean} busy */
  #onBusy(busy) {
    this.#presenter.showProgress(0);
    this._internals.ariaBusy = String(busy);
    setState(this._internals.states, "busy", busy);
  }

  #updateTexts() {
    this.#presenter.updateTexts();
    this._internals.role = "group";
    // A `<label>` of the page names the element.
    this._internals.ariaLabel = this._internals.labels.length ? null : this.strings.label;
  }

  /** @param {string} type @param {unknown} detail */
  #emit(type, detail, bubbles = true) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles }));
  }

  // ---- the form

  /** @param {string} [photoError] the message if the photo cannot be rendered; unchanged by default */
  #updateValidity(photoError = this.#photoError) {
    this.#photoError = photoError;
    const { photo } = this.#session;
    const isMissing = !photo && this.hasAttribute("required");
    const message = isMissing ? this.strings.required : photo ? photoError : "";
    const flags = message ? { valueMissing: isMissing, customError: !isMissing } : {};
    this._internals.setValidity(flags, message, photo ? this.#ui.cropper : this.#ui.choose);
  }

  /** Applies a change of `name` or `required`. */
  #updateField() {
    if (this.rendered) this.#field.set(this.rendered);
    this.#updateValidity();
  }

  /** Reads the render options at the end of this task, once for all changes in it. */
  #configureSoon() {
    if (this.#willConfigure) return;
    this.#willConfigure = true;
    queueMicrotask(() => {
      this.#willConfigure = false;
      this.#session.configure(this.#renderOptions);
      this.#cropper.draw();
    });
  }

  get #renderOptions() {
    /** @type {RenderOptions} */
    const options = { ...this.#options, sizes: parseSizes(this.getAttribute("sizes")) };
    const [formats, quality] = [this.getAttribute("formats"), this.getAttribute("quality")];
    // Invalid names are passed on, so that core refuses them with a message.
    const names = /** @type {Format[]} */ ((formats ?? "").split(/[\s,]+/).filter(Boolean));
    if (names.length) options.formats = names;
    if (quality) options.quality = Number(quality);
    return options;
  }
}

/** @param {CustomStateSet | undefined} states @param {string} state @param {boolean} isOn */
function setState(states, state, isOn) {
  try {
    states?.[isOn ? "add" : "delete"](state);
  } catch {
    // Chromium before 125 accepts only names that start with `--`. The state affects only styles.
  }
}

/** @template {object} T @param {T} object @returns {(keyof T)[]} */
function keysOf(object) {
  return /** @type {(keyof T)[]} */ (Object.keys(object));
}

reflectAttributes(RoundelPicker, [...OPTION_ATTRIBUTES, "name", "shape", "src"], ["required", "disabled"]);
