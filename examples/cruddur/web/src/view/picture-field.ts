/** The picture field: the picker, or a file input whose file is sent unchanged. */

import type { RoundelPicker } from 'roundel/picker';

import { imageFor } from '../avatars.ts';
import type { Draft } from '../draft.ts';
import { UserError } from '../errors.ts';
import { extensionOf, ACCEPT, TYPE_NAMES } from '../original-file.ts';
import type { Avatar } from '../types.ts';
import { uploadOfFile, uploadOfRendered, type Upload } from '../upload.ts';
import { loadImage } from './avatar-view.ts';
import { button, h, setText } from './dom.ts';
import { loadPicker } from './load-picker.ts';

/** Size of the current picture in the picker, in CSS pixels. */
const CURRENT_SIZE = 96;

const UNAVAILABLE =
  'The photo editor could not be loaded. You can send a photo unchanged: ' +
  'its center becomes your picture.';

export class PictureField {
  readonly #file = h('input', { type: 'file', id: 'photo', accept: ACCEPT });
  readonly #fileRow = h('div', { class: 'field', hidden: true },
    h('label', { for: 'photo' }, 'Photo file'),
    this.#file,
    h('p', { class: 'hint', id: 'photo-hint' }, `${TYPE_NAMES}. The center of the photo becomes your picture.`),
  );
  readonly #sendUnchanged = h('input', { type: 'checkbox', id: 'send-unchanged', 'aria-describedby': 'send-unchanged-hint' });
  readonly #sendUnchangedRow = h('div', { class: 'switch' },
    this.#sendUnchanged,
    h('label', { for: 'send-unchanged' }, 'Send the photo unchanged'),
    h('p', { class: 'hint', id: 'send-unchanged-hint' },
      'The whole file is sent, not only the part that you choose. That takes longer, and the file may contain the ' +
      'place where the photo was taken. Your public avatars never contain it.'),
  );
  readonly #pickerContainer = h('div', { class: 'picker', 'aria-busy': 'true' }, h('p', { class: 'hint' }, 'Loading…'));
  /** Hidden while there is no picture. */
  readonly removeButton: HTMLButtonElement;
  readonly #note = h('p', { class: 'notice', role: 'status', hidden: true });
  readonly #error = h('p', { class: 'error', role: 'alert', id: 'picture-error' });
  readonly element: HTMLElement;
  #picker: RoundelPicker | undefined;
  #current = '';
  /** The photo that both the picker and the file input hold, after the checkbox has copied it. */
  #copied: { photo?: Blob | undefined; file?: File | undefined } = {};
  /** The error of the picker for the last photo; empty if it was accepted. */
  #pickerError = '';

  /** @param remove called by the button that removes the current picture */
  constructor(draft: Draft | null, remove: () => void) {
    this.removeButton = button('Remove my picture', 'danger-outline', remove);
    this.removeButton.hidden = true;
    this.element = h('fieldset', { class: 'field picture' },
      h('legend', {}, 'Picture'), this.#note, this.#pickerContainer, this.#fileRow, this.#error, this.removeButton, this.#sendUnchangedRow);
    this.#sendUnchanged.addEventListener('change', () => this.#updateMode());
    this.#file.addEventListener('change', () => this.#checkFile());
    if (draft?.original) this.#setFile(draft.original);
    this.#sendUnchanged.checked = !!draft?.original;
    this.#updateMode();
    void this.#load(draft);
  }

  /** The photo to upload, or null if none was chosen. @throws {UserError} if it cannot be uploaded */
  async upload(): Promise<Upload | null> {
    if (this.#sendUnchanged.checked) return this.original && uploadOfFile(this.original);
    const picker = this.#picker;
    this.#throwPickerError();
    if (!picker?.photo) return null;
    await picker.settled();
    if (!picker.rendered) throw new UserError(picker.validationMessage || 'Choose another photo.');
    return uploadOfRendered(picker.rendered);
  }

  /** The file to send unchanged, if the checkbox is checked. */
  get original(): File | null {
    return (this.#sendUnchanged.checked && this.#file.files?.[0]) || null;
  }

  get photo(): Blob | null {
    return this.#picker?.photo ?? null;
  }

  get crop(): Draft['crop'] {
    return this.#picker?.crop ?? null;
  }

  /** Throws the error of the picker once. Saving again accepts what the form shows. */
  #throwPickerError(): void {
    const text = this.#pickerError;
    this.#pickerError = '';
    if (!text) return;
    const consequence = this.photo ? 'use the photo that is shown' : 'continue without a new picture';
    throw new UserError(`${text} Or save again to ${consequence}.`);
  }

  /** Shows the error of an unsupported file at once, not only on save. */
  #checkFile(): void {
    this.setError('');
    try {
      if (this.original) extensionOf(this.original);
    } catch (error) {
      this.setError((error as Error).message);
    }
  }

  setError(text: string): void {
    setText(this.#error, text);
    this.#file.setAttribute('aria-describedby', text ? 'picture-error photo-hint' : 'photo-hint');
    this.#file.ariaInvalid = String(!!text);
    if (text) (this.#sendUnchanged.checked ? this.#file : this.#picker)?.focus();
  }

  /** Shows the current picture in the picker, after it has loaded. */
  async showCurrent(avatar: Avatar | null): Promise<void> {
    this.removeButton.hidden = !avatar;
    const url = imageFor(avatar?.images ?? [], CURRENT_SIZE * devicePixelRatio)?.url ?? '';
    if (this.#current === url) return;
    this.#current = url;
    if (avatar) await loadImage(avatar, `${CURRENT_SIZE}px`);
    if (this.#picker && this.#current === url) setSource(this.#picker, url);
  }

  async #load(draft: Draft | null): Promise<void> {
    try {
      const picker = await loadPicker();
      picker.addEventListener('change', () => this.#onPhotoAccepted());
      picker.addEventListener('error', ({ detail }) => {
        this.#pickerError = detail.message;
        if (detail.code === 'internal') this.#showFileInputOnly();
      });
      setSource(picker, this.#current);
      this.#picker = picker;
      this.#pickerContainer.replaceChildren(picker);
      this.#pickerContainer.ariaBusy = 'false';
      await restoreDraft(picker, draft);
    } catch {
      this.#showFileInputOnly();
    }
  }

  #onPhotoAccepted(): void {
    this.#pickerError = '';
    this.setError('');
  }

  /** Hides the checkbox, because the picker does not work. */
  #showFileInputOnly(): void {
    this.#sendUnchanged.checked = true;
    this.#sendUnchangedRow.hidden = true;
    this.#note.hidden = false;
    setText(this.#note, UNAVAILABLE);
    this.#updateMode();
  }

  #updateMode(): void {
    const unchanged = this.#sendUnchanged.checked;
    this.#fileRow.hidden = !unchanged;
    this.#pickerContainer.hidden = unchanged;
    this.setError('');
    if (unchanged) this.#copyToFileInput();
    else this.#copyToPicker();
  }

  /** Copies the photo of the picker to the file input, unless it came from there. */
  #copyToFileInput(): void {
    const { photo } = this;
    if (!(photo instanceof File) || photo === this.#copied.photo) return;
    this.#setFile(photo);
    this.#copied = { photo, file: this.#file.files?.[0] };
  }

  #copyToPicker(): void {
    const file = this.#file.files?.[0];
    if (!file || file === this.#copied.file || !this.#picker) return;
    this.#copied = { photo: file, file };
    void this.#picker.load(file);
  }

  #setFile(file: File): void {
    const transfer = new DataTransfer();
    transfer.items.add(file);
    this.#file.files = transfer.files;
  }
}

function setSource(picker: RoundelPicker, url: string): void {
  if (url) picker.src = url;
  else picker.removeAttribute('src');
}

async function restoreDraft(picker: RoundelPicker, draft: Draft | null): Promise<void> {
  if (!draft?.photo) return;
  await picker.load(draft.photo);
  if (draft.crop) picker.crop = draft.crop;
}
