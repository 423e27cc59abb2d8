import { label } from "./template.js";
import { fill } from "./strings.js";

/** @import { PickerStrings } from "./index.js" */
/** @import { Session } from "./session.js" */
/** @import { Ui } from "./types.js" */

/** What the person sees and hears of a session, stage and previews aside. */
export class Face {
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

  /** Puts all texts in. */
  relabel() {
    label(this.#ui, this.#strings());
    this.showState();
  }

  /** Shows the dropzone or the photo, and what can be done with it. */
  showState() {
    const { photo, zoom, mostZoom, canUndo, canRedo } = this.#session;
    this.#swap(!!photo);
    this.#ui.progress.hidden = !this.#session.opening;
    this.#ui.restore.hidden = !canUndo && !canRedo;
    this.#able("undo", canUndo);
    this.#able("redo", canRedo);
    this.#able("zoomOut", zoom > 1);
    this.#able("zoomIn", zoom < mostZoom);
    this.#showZoom(zoom, mostZoom);
  }

  /** Whoever had the focus in what is hidden has it in what is shown. @param {boolean} editing */
  #swap(editing) {
    const { dropzone, editor, stage, choose } = this.#ui;
    const focused = (editing ? dropzone : editor).matches(":focus-within");
    dropzone.hidden = editing;
    editor.hidden = !editing;
    if (focused) (editing ? stage : choose).focus();
  }

  /** Not `disabled`, which would lose the focus. @param {"undo" | "redo" | "zoomIn" | "zoomOut"} name @param {boolean} able */
  #able(name, able) {
    this.#ui[name].setAttribute("aria-disabled", String(!able));
  }

  /** @param {number} zoom @param {number} most */
  #showZoom(zoom, most) {
    this.#ui.zoom.value = most > 1 ? String((Math.log(zoom) / Math.log(most)) * 100) : "0";
    this.#ui.zoom.setAttribute("aria-valuetext", fill(this.#strings().percent, { zoom: percent(zoom) }));
  }

  /** The zoom that the slider stands at. */
  get zoom() {
    return this.#session.mostZoom ** (this.#ui.zoom.valueAsNumber / 100);
  }

  /** @param {string} text of a refusal, or none */
  showError(text) {
    say(this.#ui.error, text);
  }

  /** Says what a person should know of the photo. */
  showHint() {
    const { enlarged, still } = this.#strings();
    const { photo, enlarged: soft } = this.#session;
    const hints = [soft && enlarged, photo?.format === "gif" && still];
    say(this.#ui.hint, hints.filter(Boolean).join(" "));
  }

  /** Shows how far the reading of a file is. @param {number} done stages of the work under way */
  showProgress(done) {
    this.#ui.progress.hidden = !this.#session.opening;
    this.#ui.progress.value = done;
  }

  /** Shows the picture that the person has now. @param {string | null} address */
  showCurrent(address) {
    const image = this.#ui.currentImage;
    image.hidden = !address;
    image.previousElementSibling?.toggleAttribute("hidden", !!address);
    if (address) image.src = address;
    else image.removeAttribute("src");
  }

  /** Speaks of the photo that was read. */
  announcePhoto() {
    const { opened, help } = this.#strings();
    this.#announce(fill(opened, { ...this.#session.photo, help }));
  }

  /** Speaks of where the crop came to rest. */
  announcePosition() {
    const { zoom, place } = this.#session;
    const values = { zoom: percent(zoom), across: percent(place.x), down: percent(place.y) };
    this.#announce(fill(this.#strings().moved, values));
  }

  announceRemoval() {
    this.#announce(this.#strings().removed);
  }

  /** @param {string} text */
  #announce(text) {
    say(this.#ui.status, text);
  }
}

const percent = (/** @type {number} */ fraction) => Math.round(fraction * 100);

/** Changes a text; the same text again is not spoken again. @param {Element} element @param {string} text */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
