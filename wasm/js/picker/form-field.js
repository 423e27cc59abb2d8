/** @import { Avatar, Rendered } from "../index.js" */
/** @import { Session } from "./session.js" */
/** @import { Rect } from "./types.js" */

/** The picker's value in its form: the files of the avatars. */
export class FormField {
  #host;
  #internals;
  #session;
  #formListeners = new AbortController();
  #isSubmitDeferred = false;

  /**
   * @param {HTMLElement} host
   * @param {ElementInternals} internals
   * @param {Session} session
   */
  constructor(host, internals, session) {
    this.#host = host;
    this.#internals = internals;
    this.#session = session;
  }

  /** Sets the avatars that the form submits, and the state that the browser may restore. @param {Rendered} rendered */
  set(rendered) {
    const { photo, crop } = this.#session;
    if (!photo) return;
    const state = new FormData();
    state.set("photo", photo.file);
    state.set("crop", JSON.stringify(crop));
    this.#internals.setFormValue(toFormValue(this.#host.getAttribute("name"), rendered.avatars), state);
  }

  clear() {
    this.#internals.setFormValue(null);
  }

  /** Called when the picker is added to a form or removed from it. @param {HTMLFormElement | null} form */
  setForm(form) {
    this.#formListeners.abort();
    this.#formListeners = new AbortController();
    const { signal } = this.#formListeners;
    // In the capture phase: the page's own listeners see only the submission with the right files.
    form?.addEventListener("submit", (event) => this.#deferSubmit(event), { capture: true, signal });
  }

  /**
   * Stops a submission while work is under way, and submits again when the avatars are those of
   * the current crop. A failed render cancels the submission.
   *
   * @param {SubmitEvent} event
   */
  async #deferSubmit(event) {
    if (this.#host.matches(":disabled") || !this.#session.busy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.#isSubmitDeferred) return;
    this.#isSubmitDeferred = true;
    const succeeded = await this.#session.settled();
    this.#isSubmitDeferred = false;
    if (succeeded) /** @type {HTMLFormElement} */ (event.target).requestSubmit(event.submitter);
  }
}

/** @param {string | null} name @param {readonly Avatar[]} avatars */
function toFormValue(name, avatars) {
  if (!name) return null;
  const files = avatars.map((avatar) => toFile(name, avatar));
  // A single file is submitted under the name of the element.
  if (files.length === 1) return files[0];
  const data = new FormData();
  for (const file of files) data.append(name, file);
  return data;
}

/** Names the file `avatar-256.jpg`, so that the photo's own name is not uploaded. @param {string} name @param {Avatar} avatar */
function toFile(name, { width, height, extension, mediaType, blob }) {
  const size = width === height ? width : `${width}x${height}`;
  return new File([blob], `${name}-${size}.${extension}`, { type: mediaType });
}

/**
 * Parses the state that `FormField.set` gave to the browser.
 *
 * @param {File | string | FormData} state
 * @returns {{ file: Blob, crop: Rect } | null}
 */
export function parseState(state) {
  const file = state instanceof FormData && state.get("photo");
  if (!(state instanceof FormData) || !(file instanceof Blob)) return null;
  return { file, crop: JSON.parse(String(state.get("crop"))) };
}
