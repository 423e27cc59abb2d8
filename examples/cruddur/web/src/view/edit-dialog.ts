/** The dialog in which a user edits their profile. */

import * as api from '../api.ts';
import { type Draft, keepDraft } from '../draft.ts';
import { HttpError, SessionExpired, messageFor, refusalMessage, UserError } from '../errors.ts';
import { uploadOutcome } from '../upload-outcome.ts';
import { cachedProfile, publishProfile, watchProfile } from '../profile-store.ts';
import type { ProfileUpdate, Profile } from '../types.ts';
import { send, type Upload } from '../upload.ts';
import { bioField, lengthOf, MAX_BIO } from './bio-field.ts';
import { button, h, setText } from './dom.ts';
import { TextField } from './text-field.ts';
import { PictureField } from './picture-field.ts';
import { Progress } from './progress.ts';
import { RemoveDialog } from './remove-dialog.ts';
import { showToast, showWarning } from './toast.ts';

/** After this time, the dialog tells the user that they need not wait. */
const SLOW_AFTER = 45_000;
const MAX_NAME = 60;

const SLOW_MESSAGE =
  'This takes longer than usual. Your photo has been uploaded, and this page will show ' +
  'the new picture when it is ready. You can close this dialog.';

export class EditDialog {
  readonly #handle: string;
  readonly #opener: HTMLElement;
  readonly #onSessionExpired: () => void;
  readonly #title = h('h2', { id: 'edit-title', tabindex: -1, autofocus: true }, 'Edit profile');
  readonly #name = new TextField('Display name', h('input', { id: 'display-name', name: 'display_name', autocomplete: 'name' }));
  readonly #bio = bioField();
  readonly #picture: PictureField;
  readonly #progress = new Progress();
  readonly #error = h('p', { class: 'error', role: 'alert' });
  readonly #save = h('button', { class: 'primary' }, 'Save');
  readonly #cancel = button('Cancel', '', () => this.#mayLeave() && this.#dialog.close());
  readonly #fields: HTMLElement;
  readonly #dialog: HTMLDialogElement;
  /** Aborted when the dialog closes. */
  readonly #open = new AbortController();
  #busy = false;
  /** The texts of the newest known profile. */
  #saved: Texts;
  /** Whether the texts were saved before the picture failed. */
  #textsSaved = false;

  /** @param onSessionExpired called when the session has expired, after the draft was kept */
  constructor(profile: Profile, draft: Draft | null, opener: HTMLElement, onSessionExpired: () => void) {
    this.#handle = profile.handle;
    this.#opener = opener;
    this.#onSessionExpired = onSessionExpired;
    this.#picture = new PictureField(draft, () => this.#askToRemove());
    this.#fields = h('div', { class: 'fields' }, this.#picture.element, this.#name.element, this.#bio.element);
    this.#dialog = this.#build();
    this.#saved = textsOf(profile);
    this.#fill(draft ?? this.#saved);
    watchProfile(profile.handle, this.#open.signal, (now) => this.#follow(now));
  }

  /** Shows changes from other windows, except in fields that the user has edited here. */
  #follow(now: Profile): void {
    const [before, next] = [this.#saved, textsOf(now)];
    this.#saved = next;
    this.#fill({
      display_name: this.#name.value === before.display_name ? next.display_name : this.#name.value,
      bio: this.#bio.value === before.bio ? next.bio : this.#bio.value,
    });
    void this.#picture.showCurrent(now.avatar);
  }

  /** Opens the dialog. `page` is aborted when the page below is left. */
  show(page: AbortSignal): void {
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    page.addEventListener('abort', () => this.#onPageLeft(), { signal: this.#open.signal });
    const confirmUnload = (event: BeforeUnloadEvent) => this.#isDirty() && event.preventDefault();
    window.addEventListener('beforeunload', confirmUnload, { signal: this.#open.signal });
  }

  /** Keeps a draft, so that the form is restored when the user returns to the page. */
  #onPageLeft(): void {
    if (this.#isDirty() && !this.#busy) this.#keepDraft();
    this.#dialog.close();
  }

  /** Asks on top of this dialog. Afterwards, the button is hidden if the picture is removed. */
  #askToRemove(): void {
    const { removeButton } = this.#picture;
    const placeFocus = () => (removeButton.hidden ? this.#title : removeButton).focus();
    new RemoveDialog(this.#handle, placeFocus, () => this.#expireSession()).show(this.#open.signal);
  }

  #isDirty(): boolean {
    return Object.keys(this.#changes()).length > 0 || !!(this.#picture.photo ?? this.#picture.original);
  }

  /** No question during an upload: a toast reports its result even if the dialog is closed. */
  #mayLeave(): boolean {
    return this.#busy || !this.#isDirty() || confirm('Leave without saving your changes?');
  }

  #build(): HTMLDialogElement {
    const form = h('form', { novalidate: true },
      this.#title,
      this.#fields,
      h('div', { class: 'foot' }, this.#progress.element, this.#error, h('div', { class: 'buttons' }, this.#cancel, this.#save)),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.#busy) void this.#submit();
    });
    const dialog = h('dialog', { class: 'edit', 'aria-labelledby': 'edit-title' }, form);
    dialog.addEventListener('close', () => this.#onClose());
    dialog.addEventListener('cancel', (event) => this.#mayLeave() || event.preventDefault());
    return dialog;
  }

  #onClose(): void {
    this.#open.abort();
    this.#dialog.remove();
    this.#opener.focus();
  }

  /** Sets only values that differ, because setting a value moves the cursor. */
  #fill({ display_name, bio }: Texts): void {
    if (this.#name.value !== display_name) this.#name.control.value = display_name;
    if (this.#bio.value === bio) return;
    this.#bio.control.value = bio;
    this.#bio.control.dispatchEvent(new Event('input'));
  }

  async #submit(): Promise<void> {
    setText(this.#error, '');
    this.#picture.setError('');
    if (!this.#valid()) return;
    this.#setBusy(true);
    try {
      const message = await this.#saveAll();
      this.#dialog.close();
      showToast(message);
    } catch (error) {
      this.#showError(error);
    } finally {
      this.#setBusy(false);
    }
  }

  #valid(): boolean {
    const name = lengthOf(this.#name.value.trim());
    if (name === 0) this.#name.setError('Enter a name. Other users see it.');
    else if (name > MAX_NAME) this.#name.setError(`This name is too long. The maximum is ${MAX_NAME} characters.`);
    else if (lengthOf(this.#bio.value) > MAX_BIO) this.#bio.setError(`This text is too long. The maximum is ${MAX_BIO} characters.`);
    else return true;
    return false;
  }

  /** Saves the texts first, because they are saved at once. Returns the message for the user. */
  async #saveAll(): Promise<string> {
    const upload = await this.#picture.upload();
    const changes = this.#changes();
    const changed = Object.keys(changes).length > 0;
    if (changed) await this.#saveTexts(changes);
    if (upload) return this.#savePicture(upload);
    return changed ? 'Your profile is saved.' : 'There are no changes to save.';
  }

  #changes(): ProfileUpdate {
    const [display_name, bio] = [this.#name.value.trim(), this.#bio.value];
    return {
      ...(display_name !== this.#saved.display_name && { display_name }),
      ...(bio !== this.#saved.bio && { bio }),
    };
  }

  async #saveTexts(changes: ProfileUpdate): Promise<void> {
    this.#progress.step('Saving your profile');
    const saved = await api.update(changes).catch((error: unknown) => {
      if (this.#open.signal.aborted) showWarning(`Your profile was not saved. ${messageFor(error)}`);
      throw error;
    });
    // The store may hold a newer avatar than this response, because of an event in the meantime.
    publishProfile({ ...saved, avatar: cachedProfile(this.#handle)?.avatar ?? saved.avatar });
    this.#textsSaved = true;
    setText(this.#cancel, 'Close');
  }

  async #savePicture(upload: Upload): Promise<string> {
    this.#progress.step('Uploading', 0);
    const step = (fraction: number) => this.#progress.step('Uploading', fraction);
    const key = await send(upload, step, this.#open.signal).catch(pictureError);
    return this.#awaitPicture(key, cachedProfile(this.#handle)?.avatar?.upload);
  }

  /** Waits for the picture. The upload can no longer be canceled; closing the dialog leaves it running. */
  async #awaitPicture(key: string, before: string | undefined): Promise<string> {
    this.#progress.step('Making your avatars');
    setText(this.#cancel, 'Close');
    const slow = setTimeout(() => this.#progress.step(SLOW_MESSAGE), SLOW_AFTER);
    const outcome = await uploadOutcome(this.#handle, key, before);
    clearTimeout(slow);
    setText(this.#cancel, 'Cancel');
    if (!outcome.live) throw new PictureRefused(refusalMessage(outcome.code));
    return outcome.own ? 'Your new picture is live.' : 'A newer picture of yours is live.';
  }

  #showError(error: unknown): void {
    const { aborted } = this.#open.signal;
    if (aborted && !(error instanceof PictureRefused)) return;
    const text = `${messageFor(error)}${this.#textsSaved ? ' Your name and bio are saved.' : ''}`;
    this.#textsSaved = false;
    if (aborted) showWarning(`Your photo was not used. ${text}`);
    else if (error instanceof SessionExpired) this.#expireSession();
    else if (error instanceof UserError) this.#enableThen(() => this.#picture.setError(text));
    else this.#enableThen(() => this.#showFieldError(error, text));
  }

  /** Shows the error at its field, or below the form. */
  #showFieldError(error: unknown, text: string): void {
    const field = error instanceof HttpError ? error.body.field : undefined;
    if (field === 'display_name') this.#name.setError(text);
    else if (field === 'bio') this.#bio.setError(text);
    else setText(this.#error, text);
  }

  /** Enables the form first: an inert element cannot be focused. */
  #enableThen(act: () => void): void {
    this.#setBusy(false);
    act();
  }

  /** Keeps the draft until the owner has signed in again. */
  #expireSession(): void {
    this.#keepDraft();
    this.#onSessionExpired();
  }

  #keepDraft(): void {
    keepDraft({
      handle: this.#handle,
      display_name: this.#name.value,
      bio: this.#bio.value,
      photo: this.#picture.photo,
      crop: this.#picture.crop,
      original: this.#picture.original,
    });
  }

  #setBusy(busy: boolean): void {
    this.#busy = busy;
    if (busy) this.#save.focus();
    this.#fields.inert = busy;
    this.#save.ariaDisabled = String(busy);
    if (!busy) this.#progress.stop();
  }
}

class PictureRefused extends UserError {}

type Texts = Pick<Draft, 'display_name' | 'bio'>;

function textsOf({ display_name, bio }: Profile): Texts {
  return { display_name, bio: bio ?? '' };
}

/** Errors about the photo are shown at its field. Network and server errors are not about the photo. */
function pictureError(error: unknown): never {
  throw error instanceof HttpError && error.status < 429 ? new UserError(messageFor(error)) : error;
}
