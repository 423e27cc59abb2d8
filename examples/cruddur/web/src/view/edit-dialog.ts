/** The form in which people edit their profile. */

import * as api from '../api.ts';
import { type Draft, keepDraft } from '../draft.ts';
import { Refused, SessionEnded, textOf, textOfRefusal, Told } from '../errors.ts';
import { outcomeOf } from '../upload-outcome.ts';
import { person, publish, watch } from '../profile-store.ts';
import type { Changes, Profile } from '../types.ts';
import { send, type Upload } from '../upload.ts';
import { bioField, lengthOf, MOST_BIO } from './bio-field.ts';
import { button, h, say } from './dom.ts';
import { Field } from './text-field.ts';
import { PictureField } from './picture-field.ts';
import { Progress } from './progress.ts';
import { tell, warn } from './toast.ts';

/** After this long, a person is told that they need not wait. */
const LONG = 45_000;
const MOST_NAME = 60;

const LATE =
  'This takes longer than usual. Nothing is lost: your photo has arrived, and this page will show ' +
  'the new picture by itself. You can close this.';

export class EditDialog {
  readonly #handle: string;
  readonly #opener: HTMLElement;
  readonly #onEnded: () => void;
  readonly #name = new Field('Display name', h('input', { id: 'display-name', name: 'display_name', autocomplete: 'name' }));
  readonly #bio = bioField();
  readonly #picture: PictureField;
  readonly #progress = new Progress();
  readonly #error = h('p', { class: 'error', role: 'alert' });
  readonly #save = h('button', { class: 'primary' }, 'Save');
  readonly #leave = button('Cancel', '', () => this.#mayLeave() && this.#dialog.close());
  readonly #fields: HTMLElement;
  readonly #dialog: HTMLDialogElement;
  /** Ends with the dialog. */
  readonly #open = new AbortController();
  #busy = false;
  /** What the profile said when the form was filled, or says since. */
  #base: Texts;
  /** Whether the texts of this form are saved although its picture is not. */
  #textsSaved = false;

  /** @param onEnded called when the session has ended, with a draft kept */
  constructor(profile: Profile, draft: Draft | null, opener: HTMLElement, onEnded: () => void) {
    this.#handle = profile.handle;
    this.#opener = opener;
    this.#onEnded = onEnded;
    this.#picture = new PictureField(draft);
    this.#fields = h('div', { class: 'fields' }, this.#picture.element, this.#name.element, this.#bio.element);
    this.#dialog = this.#build();
    this.#base = textsOf(profile);
    this.#fill(draft ?? this.#base);
    watch(profile.handle, this.#open.signal, (now) => this.#follow(now));
  }

  /** What somebody changes elsewhere shows here too, but for what is being written. */
  #follow(now: Profile): void {
    const [before, next] = [this.#base, textsOf(now)];
    this.#base = next;
    this.#fill({
      display_name: this.#name.value === before.display_name ? next.display_name : this.#name.value,
      bio: this.#bio.value === before.bio ? next.bio : this.#bio.value,
    });
    void this.#picture.showCurrent(now.avatar);
  }

  /** Until it is saved or left; `page` ends with the page below. */
  show(page: AbortSignal): void {
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    page.addEventListener('abort', () => this.#left(), { signal: this.#open.signal });
    const stay = (event: BeforeUnloadEvent) => this.#isDirty() && event.preventDefault();
    window.addEventListener('beforeunload', stay, { signal: this.#open.signal });
  }

  /** Whoever goes back to another page finds the form as it was when they return. */
  #left(): void {
    if (this.#isDirty() && !this.#busy) this.#keepDraft();
    this.#dialog.close();
  }

  #isDirty(): boolean {
    return Object.keys(this.#changes()).length > 0 || !!(this.#picture.photo ?? this.#picture.original);
  }

  /** An upload that is under way is not asked about: its end is told in any case. */
  #mayLeave(): boolean {
    return this.#busy || !this.#isDirty() || confirm('Leave without saving what you have changed?');
  }

  #build(): HTMLDialogElement {
    const form = h('form', { novalidate: true },
      h('h2', { id: 'edit-title', tabindex: -1, autofocus: true }, 'Edit profile'),
      this.#fields,
      h('div', { class: 'foot' }, this.#progress.element, this.#error, h('div', { class: 'buttons' }, this.#leave, this.#save)),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.#busy) void this.#submit();
    });
    const dialog = h('dialog', { class: 'edit', 'aria-labelledby': 'edit-title' }, form);
    dialog.addEventListener('close', () => this.#closed());
    dialog.addEventListener('cancel', (event) => this.#mayLeave() || event.preventDefault());
    return dialog;
  }

  #closed(): void {
    this.#open.abort();
    this.#dialog.remove();
    this.#opener.focus();
  }

  /** What is as it should be is not touched: a cursor stays where it is. */
  #fill({ display_name, bio }: Texts): void {
    if (this.#name.value !== display_name) this.#name.control.value = display_name;
    if (this.#bio.value === bio) return;
    this.#bio.control.value = bio;
    this.#bio.control.dispatchEvent(new Event('input'));
  }

  async #submit(): Promise<void> {
    say(this.#error, '');
    this.#picture.refuse('');
    if (!this.#valid()) return;
    this.#hold(true);
    try {
      const said = await this.#saveAll();
      this.#dialog.close();
      tell(said);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#hold(false);
    }
  }

  #valid(): boolean {
    const name = lengthOf(this.#name.value.trim());
    if (name === 0) this.#name.refuse('Enter a name: it is what others see.');
    else if (name > MOST_NAME) this.#name.refuse(`This name is too long: ${MOST_NAME} characters are the most.`);
    else if (lengthOf(this.#bio.value) > MOST_BIO) this.#bio.refuse(`This is too long: ${MOST_BIO} characters are the most.`);
    else return true;
    return false;
  }

  /** The texts first, for they are there at once. Gives what the person is told. */
  async #saveAll(): Promise<string> {
    const upload = await this.#picture.taken();
    const changes = this.#changes();
    const changed = Object.keys(changes).length > 0;
    if (changed) await this.#saveTexts(changes);
    if (upload) return this.#savePicture(upload);
    return changed ? 'Your profile is saved.' : 'Nothing has changed.';
  }

  #changes(): Changes {
    const [display_name, bio] = [this.#name.value.trim(), this.#bio.value];
    return {
      ...(display_name !== this.#base.display_name && { display_name }),
      ...(bio !== this.#base.bio && { bio }),
    };
  }

  async #saveTexts(changes: Changes): Promise<void> {
    this.#progress.step('Saving your profile');
    const saved = await api.update(changes).catch((error: unknown) => {
      if (this.#open.signal.aborted) warn(`Your profile was not saved. ${textOf(error)}`);
      throw error;
    });
    // Of the avatar, events know more than an answer that was on its way meanwhile.
    publish({ ...saved, avatar: person(this.#handle)?.avatar ?? saved.avatar });
    this.#textsSaved = true;
    say(this.#leave, 'Close');
  }

  async #savePicture(upload: Upload): Promise<string> {
    this.#progress.step('Uploading', 0);
    const step = (fraction: number) => this.#progress.step('Uploading', fraction);
    const key = await send(upload, step, this.#open.signal).catch(pictureError);
    return this.#awaitPicture(key, person(this.#handle)?.avatar?.upload);
  }

  /** The upload can no more be called back, only left alone. */
  async #awaitPicture(key: string, before: string | undefined): Promise<string> {
    this.#progress.step('Making your avatars');
    say(this.#leave, 'Close');
    const late = setTimeout(() => this.#progress.step(LATE), LONG);
    const outcome = await outcomeOf(this.#handle, key, before);
    clearTimeout(late);
    say(this.#leave, 'Cancel');
    if (!outcome.live) throw new PictureRefused(textOfRefusal(outcome.code));
    return outcome.own ? 'Your new picture is live.' : 'A picture that you chose elsewhere is live.';
  }

  #failed(error: unknown): void {
    const { aborted } = this.#open.signal;
    if (aborted && !(error instanceof PictureRefused)) return;
    const text = `${textOf(error)}${this.#textsSaved ? ' Your name and bio are saved.' : ''}`;
    this.#textsSaved = false;
    if (aborted) warn(`Your photo was not used. ${text}`);
    else if (error instanceof SessionEnded) this.#end();
    else if (error instanceof Told) this.#after(() => this.#picture.refuse(text));
    else this.#after(() => this.#refuse(error, text));
  }

  /** At the field that is meant, if one is. */
  #refuse(error: unknown, text: string): void {
    const field = error instanceof Refused ? error.problem.field : undefined;
    if (field === 'display_name') this.#name.refuse(text);
    else if (field === 'bio') this.#bio.refuse(text);
    else say(this.#error, text);
  }

  /** What is inert can take no focus. */
  #after(act: () => void): void {
    this.#hold(false);
    act();
  }

  /** The form waits for its owner to sign in again. */
  #end(): void {
    this.#keepDraft();
    this.#onEnded();
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

  #hold(busy: boolean): void {
    this.#busy = busy;
    if (busy) this.#save.focus();
    this.#fields.inert = busy;
    this.#save.ariaDisabled = String(busy);
    if (!busy) this.#progress.stop();
  }
}

class PictureRefused extends Told {}

type Texts = Pick<Draft, 'display_name' | 'bio'>;

function textsOf({ display_name, bio }: Profile): Texts {
  return { display_name, bio: bio ?? '' };
}

/** What the servers have against a photo is told at its field; a lost connection is not its fault. */
function pictureError(error: unknown): never {
  throw error instanceof Refused && error.status < 429 ? new Told(textOf(error)) : error;
}
