/** @import { Avatar, Rendered } from "../index.js" */
/** @import { Session } from "./session.js" */
/** @import { Rect } from "./types.js" */

/**
 * What the picker is to its form: a field whose value is the avatars' files.
 */
export class FormField {
  #host;
  #internals;
  #session;
  #listening = new AbortController();
  #held = false;

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

  /** The form submits these avatars; the photo and its crop are what a browser may restore. @param {Rendered} rendered */
  set(rendered) {
    const { photo, crop } = this.#session;
    if (!photo) return;
    const state = new FormData();
    state.set("photo", photo.file);
    state.set("crop", JSON.stringify(crop));
    this.#internals.setFormValue(entries(this.#host.getAttribute("name"), rendered.avatars), state);
  }

  clear() {
    this.#internals.setFormValue(null);
  }

  /** Belongs to `form` from now on, or to none. @param {HTMLFormElement | null} form */
  join(form) {
    this.#listening.abort();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    form?.addEventListener("submit", (event) => this.#hold(event), { capture: true, signal });
  }

  /**
   * A submission waits until the avatars are those that are shown. It is sent again then, unless
   * the photo was refused meanwhile.
   *
   * @param {SubmitEvent} event
   */
  async #hold(event) {
    if (this.#host.matches(":disabled") || !this.#session.busy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.#held) return;
    this.#held = true;
    const fine = await this.#session.settled();
    this.#held = false;
    if (fine) /** @type {HTMLFormElement} */ (event.target).requestSubmit(event.submitter);
  }
}

/** @param {string | null} name @param {readonly Avatar[]} avatars */
function entries(name, avatars) {
  if (!name) return null;
  const files = avatars.map((avatar) => fileOf(name, avatar));
  if (files.length === 1) return files[0];
  const data = new FormData();
  for (const file of files) data.append(name, file);
  return data;
}

/** `avatar-256.jpg`: the photo's own name stays with the person. @param {string} name @param {Avatar} avatar */
function fileOf(name, { width, height, extension, mediaType, blob }) {
  const size = width === height ? width : `${width}x${height}`;
  return new File([blob], `${name}-${size}.${extension}`, { type: mediaType });
}

/**
 * Reads what `set` left for the browser to restore.
 *
 * @param {File | string | FormData} state
 * @returns {{ file: Blob, crop: Rect } | null}
 */
export function restored(state) {
  const file = state instanceof FormData && state.get("photo");
  if (!(state instanceof FormData) || !(file instanceof Blob)) return null;
  return { file, crop: JSON.parse(String(state.get("crop"))) };
}
