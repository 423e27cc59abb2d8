import { probe, render } from "../index.js";
import { FormAssociated, reflect } from "./form-associated.js";
import { canTake, listen as listenToCamera } from "./camera.js";
import { toArray } from "./geometry.js";
import { Face } from "./presenter.js";
import { FormField, restored } from "./form-field.js";
import { listen as listenToGestures } from "./gestures.js";
import { onPickerKey, onStageKey, ZOOM_STEP } from "./keyboard.js";
import { build, MOVES } from "./template.js";
import { Previews } from "./previews.js";
import { Session } from "./session.js";
import { parseSizes } from "./sizes.js";
import { listen as listenToSources, listenToPastes } from "./file-input.js";
import { Stage } from "./cropper.js";
import { codeOf, strings } from "./strings.js";
import { style } from "./style.js";

/** @import { Decoder, Options, Rendered, Stage as StageName } from "../index.js" */
/** @import { CropRect, PickerStrings, SomePickerStrings } from "./index.js" */
/** @import { Engine, RenderOptions, SessionEvents } from "./types.js" */

const STAGES = ["plan", "decode", "resize", "encode"];
/** How far a press of a button moves the photo, in parts of the window. */
const PRESS = 0.05;
/** Attributes that are render options; the others only tell how to show or to submit. */
const OPTIONS = ["sizes", "format", "quality"];

/** `<roundel-picker>`; the README beside this file says what it takes and gives. */
export class RoundelPicker extends FormAssociated {
  static observedAttributes = [...OPTIONS, "name", "required", "shape", "src"];
  /** The texts of all pickers. @type {PickerStrings} */
  static strings = strings;

  /** Asked for formats that neither core nor the browser reads, as in `render`. @type {readonly Decoder[]} */
  decoders = [];

  /** @type {Engine} */
  #engine = {
    probe: (photo, options, call) => probe(photo, options, { ...call, decoders: this.decoders }),
    render: (photo, options, call) => render(photo, options, { ...call, decoders: this.decoders }),
  };
  #session = new Session(this.#engine, (event, ...detail) => this.#hear(event, detail[0]));
  #ui = build(this.#root());
  #stage = new Stage(this.#ui, this.#session);
  #face = new Face(this.#ui, this.#session, () => this.strings);
  #previews = new Previews(this.#ui.previewList);
  #field = new FormField(this, this._internals, this.#session);
  /** @type {SomePickerStrings} */
  #strings = {};
  /** @type {Options} */
  #options = {};
  #connected = new AbortController();
  /** Whether avatars were given that are still the newest. */
  #filled = false;
  /** Why the photo that is shown cannot be used; usually nothing. */
  #unusable = "";
  /** Set while the render options are about to be read anew. */
  #stale = false;

  /**
   * What the session tells, and what the element makes of it.
   *
   * @type {{ [E in keyof SessionEvents]: (detail: SessionEvents[E]) => void }}
   */
  #on = {
    opened: () => this.#face.announcePhoto(),
    moved: () => this.#moved(),
    preview: (rendered) => this.#previews.show(rendered, this.strings),
    rendered: (rendered) => this.#rendered(rendered),
    cleared: () => this.#cleared(),
    refused: (error) => this.#refused(error),
    stage: (stage) => this.#progress(stage),
    busy: (busy) => this.#busy(busy),
  };

  constructor() {
    super();
    this.#listen();
  }

  #root() {
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    root.adoptedStyleSheets = [style()];
    return root;
  }

  /** @param {keyof SessionEvents} event @param {any} detail */
  #hear(event, detail) {
    /** @type {(detail: any) => void} */ (this.#on[event])(detail);
  }

  #listen() {
    const session = this.#session;
    const ui = this.#ui;
    listenToSources(this, ui, (file) => this.#take(file), () => this.#closed);
    listenToCamera(ui, (photo) => this.#take(photo), (error) => this.#refused({ code: "no_camera", cause: error }));
    ui.camera.hidden = !canTake();
    listenToGestures(ui.stage, this.#stage, session);
    /** @param {HTMLElement} element @param {typeof onStageKey} react */
    const onKey = (element, react) => {
      element.addEventListener("keydown", (event) => this.#closed || react(event, session));
    };
    onKey(ui.stage, onStageKey);
    onKey(ui.base, onPickerKey);
    ui.zoom.addEventListener("input", () => this.#press(() => session.zoomTo(this.#face.zoom)));
    const buttons = {
      undo: () => session.undo(),
      redo: () => session.redo(),
      recentre: () => session.recentre(),
      remove: () => session.clear(),
      restore: () => session.restore(),
      zoomIn: () => this.#press(() => session.zoomBy(ZOOM_STEP)),
      zoomOut: () => this.#press(() => session.zoomBy(1 / ZOOM_STEP)),
    };
    for (const name of keysOf(buttons)) ui[name].addEventListener("click", buttons[name]);
    for (const name of keysOf(MOVES)) {
      const [dx, dy] = MOVES[name];
      ui[name].addEventListener("click", () => this.#press(() => session.move(-dx * PRESS, -dy * PRESS)));
    }
    // What the shadow's own controls say is not what the picker says.
    for (const type of ["input", "change"]) this.shadowRoot?.addEventListener(type, (event) => event.stopPropagation());
  }

  connectedCallback() {
    this.#connected = new AbortController();
    listenToPastes(this, (file) => this.#take(file), () => this.#closed, this.#connected.signal);
    this.#stage.start();
    this.#session.resume();
    this.#relabel();
    this.#validate();
  }

  disconnectedCallback() {
    this.#connected.abort();
    this.#stage.stop();
    this.#ui.cameraDialog.close();
    // Not when it is only moved to another place.
    queueMicrotask(() => this.isConnected || this.#session.stop());
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (OPTIONS.includes(name)) this.#reconfigure();
    else if (name === "src") this.#face.showCurrent(this.getAttribute("src"));
    else if (name === "shape") this.#stage.draw();
    else this.#submitAnew();
  }

  /** @param {HTMLFormElement | null} form */
  formAssociatedCallback(form) {
    this.#field.join(form);
  }

  /** @param {boolean} disabled */
  formDisabledCallback(disabled) {
    this.#ui.base.disabled = disabled;
    this.#ui.stage.tabIndex = disabled ? -1 : 0;
    this.#ui.stage.ariaDisabled = String(disabled);
  }

  formResetCallback() {
    this.#session.reset();
  }

  /** @param {File | string | FormData} state */
  formStateRestoreCallback(state) {
    const { file, crop } = restored(state) ?? {};
    if (file) this.#session.open(file, crop);
  }

  // ---- what pages may ask and say

  /** Reads a photo, as if the person had chosen it. Resolves when it is shown or refused. @param {Blob} file */
  load(file) {
    return this.#take(file);
  }

  /** Takes the photo away; `undo` brings it back. */
  clear() {
    this.#session.clear();
  }

  undo() {
    this.#session.undo();
  }

  redo() {
    this.#session.redo();
  }

  /** Resolves when nothing is under way: true unless the last render was refused. */
  settled() {
    return this.#session.settled();
  }

  /** The photo as it came, or null. */
  get photo() {
    return this.#session.photo?.file ?? null;
  }

  /** What `render` gave for the crop that is shown, or null while there is none. */
  get rendered() {
    return this.#session.busy ? null : this.#session.rendered;
  }

  /** `[x, y, width, height]` in pixels of the upright photo, or null without one. */
  get crop() {
    return this.#session.crop && toArray(this.#session.crop);
  }

  /** @param {CropRect | null} rect */
  set crop(rect) {
    if (!rect) return;
    const [x, y, width, height] = rect;
    this.#session.show({ x, y, width, height });
  }

  /** Render options for which there is no attribute, such as `background`. */
  get options() {
    return this.#options;
  }

  set options(options) {
    this.#options = { ...options };
    this.#reconfigure();
  }

  /** Every text; set, those that differ from those of all pickers. @returns {PickerStrings} */
  get strings() {
    const { strings: shared } = RoundelPicker;
    return { ...shared, ...this.#strings, errors: { ...shared.errors, ...this.#strings.errors } };
  }

  /** @param {SomePickerStrings} texts */
  set strings(texts) {
    this.#strings = texts;
    this.#relabel();
    this.#validate();
  }

  // ---- photos in

  get #closed() {
    return this.#ui.base.disabled;
  }

  /** @param {Blob | null} file */
  async #take(file) {
    this.#face.showError("");
    if (!file) return this.#refused({ code: "no_photo", message: "no file was given" });
    await this.#session.open(file);
  }

  /** @param {unknown} error */
  #refused(error) {
    const code = codeOf(error);
    const text = this.strings.errors[code];
    this.#face.showError(text);
    // A file that is refused leaves the photo that was there, a render leaves nothing.
    const unusable = !this.#session.busy && !this.#session.rendered;
    if (unusable) this.#field.clear();
    this.#validate(unusable ? text : "");
    this.#emit("error", { code, text, error }, false);
  }

  #cleared() {
    this.#face.showState();
    this.#face.showError("");
    this.#face.showHint();
    this.#previews.clear();
    this.#field.clear();
    this.#validate("");
    if (!this.#filled) return;
    this.#filled = false;
    this.#face.announceRemoval();
    this.#emit("change", null);
  }

  // ---- the crop

  /** @param {() => void} act */
  #press(act) {
    act();
    this.#session.settleSoon();
  }

  #moved() {
    this.#face.showState();
    this.#stage.draw();
    if (this.crop) this.#emit("input", { crop: this.crop });
  }

  // ---- avatars out

  /** @param {Rendered} rendered */
  #rendered(rendered) {
    this.#filled = true;
    this.#field.set(rendered);
    this.#validate("");
    this.#face.showError("");
    this.#face.showHint();
    this.#face.showState();
    this.#face.announcePosition();
    this.#stage.sharpen();
    this.#emit("change", rendered);
  }

  /** @param {StageName} stage */
  #progress(stage) {
    const done = STAGES.indexOf(stage) + 1;
    this.#face.showProgress(done);
    this.#emit("progress", { stage, done, of: STAGES.length }, false);
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.#face.showProgress(0);
    this._internals.ariaBusy = String(busy);
    mark(this._internals.states, "busy", busy);
  }

  #relabel() {
    this.#face.relabel();
    this._internals.role = "group";
    this._internals.ariaLabel = this._internals.labels.length ? null : this.strings.label;
  }

  /** @param {string} type @param {unknown} detail */
  #emit(type, detail, bubbles = true) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles }));
  }

  // ---- the form

  /** @param {string} [unusable] why the photo cannot be used, if it has changed */
  #validate(unusable = this.#unusable) {
    this.#unusable = unusable;
    const { photo } = this.#session;
    const missing = !photo && this.hasAttribute("required");
    const text = missing ? this.strings.required : photo ? unusable : "";
    const flags = text ? { valueMissing: missing, customError: !missing } : {};
    this._internals.setValidity(flags, text, photo ? this.#ui.stage : this.#ui.choose);
  }

  #submitAnew() {
    if (this.rendered) this.#field.set(this.rendered);
    this.#validate();
  }

  /** Reads the render options anew, once for all attributes that change together. */
  #reconfigure() {
    if (this.#stale) return;
    this.#stale = true;
    queueMicrotask(() => {
      this.#stale = false;
      this.#session.configure(this.#renderOptions);
      this.#stage.draw();
    });
  }

  get #renderOptions() {
    /** @type {RenderOptions} */
    const options = { ...this.#options, sizes: parseSizes(this.getAttribute("sizes")) };
    const [format, quality] = [this.getAttribute("format"), this.getAttribute("quality")];
    if (format) options.format = /** @type {Options["format"]} */ (format);
    if (quality) options.quality = Number(quality);
    return options;
  }
}

/** @param {CustomStateSet | undefined} states @param {string} state @param {boolean} on */
function mark(states, state, on) {
  try {
    states?.[on ? "add" : "delete"](state);
  } catch {
    // Chromium before 125 takes no name without dashes. The state is for looks alone.
  }
}

/** @template {object} T @param {T} object @returns {(keyof T)[]} */
function keysOf(object) {
  return /** @type {(keyof T)[]} */ (Object.keys(object));
}

reflect(RoundelPicker, [...OPTIONS, "name", "shape", "src"], ["required", "disabled"]);
