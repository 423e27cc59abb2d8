/** The dialog that asks the user to confirm the removal of their picture, and removes it. */

import * as api from '../api.ts';
import { messageFor, SessionExpired } from '../errors.ts';
import { cachedProfile } from '../profile-store.ts';
import { removalOutcome } from '../upload-outcome.ts';
import { button, h, setText } from './dom.ts';
import { showToast, showWarning } from './toast.ts';

/** After this time, the dialog tells the user that they need not wait. */
const SLOW_AFTER = 20_000;

const SLOW_MESSAGE = 'This takes longer than usual. Your picture will disappear soon. You can close this dialog.';

export class RemoveDialog {
  readonly #handle: string;
  readonly #onClose: () => void;
  readonly #onSessionExpired: () => void;
  readonly #status = h('p', { class: 'hint', role: 'status' });
  readonly #error = h('p', { class: 'error', role: 'alert' });
  readonly #keep = button('Keep picture', '', () => this.#dialog.close());
  readonly #confirm = button('Remove picture', 'danger', () => this.#busy || void this.#remove());
  readonly #dialog = this.#build();
  #busy = false;

  /**
   * @param onClose called when the dialog has closed, to place the focus
   * @param onSessionExpired called when the session has expired
   */
  constructor(handle: string, onClose: () => void, onSessionExpired: () => void) {
    this.#handle = handle;
    this.#onClose = onClose;
    this.#onSessionExpired = onSessionExpired;
  }

  /** Opens the dialog. It closes when `page` is aborted. */
  show(page: AbortSignal): void {
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    page.addEventListener('abort', () => this.#dialog.close());
  }

  /** The first button has the focus, so that the Enter key removes nothing by mistake. */
  #build(): HTMLDialogElement {
    const dialog = h('dialog', { class: 'confirm', role: 'alertdialog', 'aria-labelledby': 'remove-title', 'aria-describedby': 'remove-text' },
      h('h2', { id: 'remove-title' }, 'Remove your picture?'),
      h('p', { id: 'remove-text' }, 'Everyone sees your initials instead, at once. The picture and the photos that you uploaded are deleted, and cannot be restored.'),
      this.#status,
      this.#error,
      h('div', { class: 'buttons' }, this.#keep, this.#confirm),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      this.#onClose();
    });
    return dialog;
  }

  async #remove(): Promise<void> {
    this.#setBusy(true);
    setText(this.#error, '');
    try {
      const before = cachedProfile(this.#handle)?.avatar?.upload;
      await api.removeAvatar();
      await this.#awaitRemoval(before);
      this.#dialog.close();
      showToast('Your picture is removed.');
    } catch (error) {
      this.#showError(error);
    } finally {
      this.#setBusy(false);
    }
  }

  /** Closing the dialog does not stop the removal. */
  async #awaitRemoval(before: string | undefined): Promise<void> {
    const slow = setTimeout(() => setText(this.#status, SLOW_MESSAGE), SLOW_AFTER);
    await removalOutcome(this.#handle, before);
    clearTimeout(slow);
  }

  #showError(error: unknown): void {
    if (error instanceof SessionExpired) {
      this.#dialog.close();
      this.#onSessionExpired();
    } else if (this.#dialog.open) setText(this.#error, messageFor(error));
    else showWarning(`Your picture was not removed. ${messageFor(error)}`);
  }

  #setBusy(busy: boolean): void {
    this.#busy = busy;
    this.#confirm.ariaDisabled = String(busy);
    setText(this.#status, busy ? 'Removing your picture…' : '');
    setText(this.#keep, busy ? 'Close' : 'Keep picture');
  }
}
