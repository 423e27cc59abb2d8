import { interpolate } from "./strings.js";
import { setTexts } from "./template.js";

/** @import { PickerStrings } from "./index.js" */
/** @import { Session } from "./session.js" */
/** @import { Ui } from "./types.js" */

/** Shows and announces the state of a session, except for the cropper and the previews. */
export class Presenter {
  #ui;
  #session;
  #strings;

  /**
   * @param {Ui} ui
   * @param {Session} session
   * @param {() => PickerStrings} strings the texts at present
   */
  constructor(ui, session, strings) {
    this.#ui = ui;
    this.#session = session;
    this.#strings = strings;
  }

  updateTexts() {
    setTexts(this.#ui, this.#strings());
    this.showState();
  }

  /** Shows the dropzone or the editor, and enables the buttons that have an effect. */
  showState() {
    const { photo, zoom, maxZoom, canUndo, canRedo } = this.#session;
    this.#showEditor(!!photo);
    this.#ui.progress.hidden = !this.#session.loading;
    this.#ui.restore.hidden = !canUndo && !canRedo;
    this.#setEnabled("undo", canUndo);
    this.#setEnabled("redo", canRedo);
    this.#setEnabled("zoomOut", zoom > 1);
    this.#setEnabled("zoomIn", zoom < maxZoom);
    this.#showZoom(zoom, maxZoom);
  }

  /** Shows the editor or the dropzone, and moves the focus from the one to the other. @param {boolean} isEditing */
  #showEditor(isEditing) {
    const { dropzone, editor, cropper, choose } = this.#ui;
    const hadFocus = (isEditing ? dropzone : editor).matches(":focus-within");
    dropzone.hidden = isEditing;
    editor.hidden = !isEditing;
    if (hadFocus) (isEditing ? cropper : choose).focus();
  }

  /**
   * Enables or disables a button. The attribute `disabled` would remove the focus from it.
   *
   * @param {"undo" | "redo" | "zoomIn" | "zoomOut"} name
   * @param {boolean} isEnabled
   */
  #setEnabled(name, isEnabled) {
    this.#ui[name].setAttribute("aria-disabled", String(!isEnabled));
  }

  /** The slider is logarithmic: equal distances are equal factors. @param {number} zoom @param {number} maxZoom */
  #showZoom(zoom, maxZoom) {
    this.#ui.zoom.value = maxZoom > 1 ? String((Math.log(zoom) / Math.log(maxZoom)) * 100) : "0";
    this.#ui.zoom.setAttribute("aria-valuetext", interpolate(this.#strings().percent, { zoom: toPercent(zoom) }));
  }

  /** The zoom at the position of the slider. */
  get sliderZoom() {
    return this.#session.maxZoom ** (this.#ui.zoom.valueAsNumber / 100);
  }

  /** @param {string} text empty for no error */
  showError(text) {
    setText(this.#ui.error, text);
  }

  /** Shows hints about the photo: whether it is enlarged or animated. */
  showHint() {
    const { enlarged, animated } = this.#strings();
    const { photo, enlarged: isEnlarged } = this.#session;
    const hints = [isEnlarged && enlarged, photo?.format === "gif" && animated];
    setText(this.#ui.hint, hints.filter(Boolean).join(" "));
  }

  /** Shows the progress of loading a file. @param {number} done finished stages of the current render */
  showProgress(done) {
    this.#ui.progress.hidden = !this.#session.loading;
    this.#ui.progress.value = done;
  }

  /** Shows the user's current picture. @param {string | null} address */
  showCurrentPicture(address) {
    const image = this.#ui.currentImage;
    image.hidden = !address;
    // The icon before the image stands in for it.
    image.previousElementSibling?.toggleAttribute("hidden", !!address);
    if (address) image.src = address;
    else image.removeAttribute("src");
  }

  announcePhoto() {
    const { loaded, help } = this.#strings();
    this.#announce(interpolate(loaded, { ...this.#session.photo, help }));
  }

  announcePosition() {
    const { zoom, position } = this.#session;
    const values = { zoom: toPercent(zoom), x: toPercent(position.x), y: toPercent(position.y) };
    this.#announce(interpolate(this.#strings().moved, values));
  }

  announceRemoval() {
    this.#announce(this.#strings().removed);
  }

  /** @param {string} text */
  #announce(text) {
    setText(this.#ui.status, text);
  }
}

const toPercent = (/** @type {number} */ fraction) => Math.round(fraction * 100);

/** Sets a text. Setting the same text again would make a screen reader repeat it. @param {Element} element @param {string} text */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
