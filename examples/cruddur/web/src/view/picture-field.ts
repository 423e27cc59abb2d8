/** The field for the picture: the picker, or a plain file that is sent as it is. */

import type { RoundelPicker } from 'roundel/picker';

import { imageFor } from '../avatars.ts';
import type { Draft } from '../draft.ts';
import { Told } from '../errors.ts';
import { extensionOf, KINDS, TYPES } from '../original-file.ts';
import type { Avatar } from '../types.ts';
import { ofOriginal, ofRendered, type Upload } from '../upload.ts';
import { loaded } from './avatar-view.ts';
import { h, say } from './dom.ts';
import { loadPicker } from './load-picker.ts';

/** The side of the present picture in the picker, in CSS pixels. */
const CURRENT = 96;

const UNAVAILABLE =
  'The tool that positions a photo could not be loaded. You can send a photo as it is: ' +
  'the middle of it becomes your picture.';

export class PictureField {
  readonly #file = h('input', { type: 'file', id: 'photo', accept: TYPES });
  readonly #plain = h('div', { class: 'field', hidden: true },
    h('label', { for: 'photo' }, 'Photo file'),
    this.#file,
    h('p', { class: 'hint', id: 'photo-hint' }, `${KINDS}. The middle of it becomes your picture.`),
  );
  readonly #switch = h('input', { type: 'checkbox', id: 'as-it-is', 'aria-describedby': 'as-it-is-hint' });
  readonly #choice = h('div', { class: 'switch' },
    this.#switch,
    h('label', { for: 'as-it-is' }, 'Send the photo as it is'),
    h('p', { class: 'hint', id: 'as-it-is-hint' },
      'The whole file is sent, and not only the part you choose. That takes longer, and the file may say where ' +
      'it was taken. Your avatars, which everybody sees, do not.'),
  );
  readonly #place = h('div', { class: 'picker', 'aria-busy': 'true' }, h('p', { class: 'hint' }, 'Loading…'));
  readonly #note = h('p', { class: 'notice', role: 'status', hidden: true });
  readonly #error = h('p', { class: 'error', role: 'alert', id: 'picture-error' });
  readonly element = h('fieldset', { class: 'field picture' },
    h('legend', {}, 'Picture'), this.#note, this.#place, this.#plain, this.#error, this.#choice);
  #picker: RoundelPicker | undefined;
  #current = '';
  /** What lies in both, once the switch has carried it over: the picker's photo, and the file. */
  #carried: { photo?: Blob | undefined; file?: File | undefined } = {};
  /** Why the picker did not take the last photo that it was given. */
  #refused = '';

  constructor(draft: Draft | null) {
    this.#switch.addEventListener('change', () => this.#swap());
    this.#file.addEventListener('change', () => this.#look());
    if (draft?.original) this.#put(draft.original);
    this.#switch.checked = !!draft?.original;
    this.#swap();
    void this.#load(draft);
  }

  /** What is to be sent, or null: nothing was chosen. @throws {Told} if it cannot be */
  async taken(): Promise<Upload | null> {
    if (this.#switch.checked) return this.original && ofOriginal(this.original);
    const picker = this.#picker;
    this.#tellRefused();
    if (!picker?.photo) return null;
    await picker.settled();
    if (!picker.rendered) throw new Told(picker.validationMessage || 'Choose another photo.');
    return ofRendered(picker.rendered);
  }

  /** The file that would be sent as it is. */
  get original(): File | null {
    return (this.#switch.checked && this.#file.files?.[0]) || null;
  }

  get photo(): Blob | null {
    return this.#picker?.photo ?? null;
  }

  get crop(): Draft['crop'] {
    return this.#picker?.crop ?? null;
  }

  /** Once: whoever saves again means what is shown. */
  #tellRefused(): void {
    const text = this.#refused;
    this.#refused = '';
    if (!text) return;
    const shown = this.photo ? 'use the photo that is shown' : 'go on without a new picture';
    throw new Told(`${text} Or save once more to ${shown}.`);
  }

  /** What is chosen can be looked at before it is sent. */
  #look(): void {
    this.refuse('');
    try {
      if (this.original) extensionOf(this.original);
    } catch (error) {
      this.refuse((error as Error).message);
    }
  }

  refuse(text: string): void {
    say(this.#error, text);
    this.#file.setAttribute('aria-describedby', text ? 'picture-error photo-hint' : 'photo-hint');
    this.#file.ariaInvalid = String(!!text);
    if (text) (this.#switch.checked ? this.#file : this.#picker)?.focus();
  }

  /** The picker shows the newest picture too, once it has loaded. */
  async showCurrent(avatar: Avatar | null): Promise<void> {
    const wanted = imageFor(avatar?.images ?? [], CURRENT * devicePixelRatio)?.url ?? '';
    if (this.#current === wanted) return;
    this.#current = wanted;
    if (avatar) await loaded(avatar, `${CURRENT}px`);
    if (this.#picker && this.#current === wanted) setSource(this.#picker, wanted);
  }

  async #load(draft: Draft | null): Promise<void> {
    try {
      const picker = await loadPicker();
      picker.addEventListener('change', () => this.#accepted());
      picker.addEventListener('error', ({ detail }) => {
        this.#refused = detail.text;
        if (detail.code === 'internal') this.#giveUp();
      });
      setSource(picker, this.#current);
      this.#picker = picker;
      this.#place.replaceChildren(picker);
      this.#place.ariaBusy = 'false';
      await restore(picker, draft);
    } catch {
      this.#giveUp();
    }
  }

  #accepted(): void {
    this.#refused = '';
    this.refuse('');
  }

  /** Without the picker there is no choice. */
  #giveUp(): void {
    this.#switch.checked = true;
    this.#choice.hidden = true;
    this.#note.hidden = false;
    say(this.#note, UNAVAILABLE);
    this.#swap();
  }

  #swap(): void {
    const plain = this.#switch.checked;
    this.#plain.hidden = !plain;
    this.#place.hidden = plain;
    this.refuse('');
    if (plain) this.#toFile();
    else this.#toPicker();
  }

  /** The photo goes along, unless it has come from there. */
  #toFile(): void {
    const { photo } = this;
    if (!(photo instanceof File) || photo === this.#carried.photo) return;
    this.#put(photo);
    this.#carried = { photo, file: this.#file.files?.[0] };
  }

  #toPicker(): void {
    const file = this.#file.files?.[0];
    if (!file || file === this.#carried.file || !this.#picker) return;
    this.#carried = { photo: file, file };
    void this.#picker.load(file);
  }

  #put(file: File): void {
    const transfer = new DataTransfer();
    transfer.items.add(file);
    this.#file.files = transfer.files;
  }
}

function setSource(picker: RoundelPicker, url: string): void {
  if (url) picker.src = url;
  else picker.removeAttribute('src');
}

async function restore(picker: RoundelPicker, draft: Draft | null): Promise<void> {
  if (!draft?.photo) return;
  await picker.load(draft.photo);
  if (draft.crop) picker.crop = draft.crop;
}
