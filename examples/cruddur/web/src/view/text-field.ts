/** A form control with a label and an error message. */

import { h, setText } from './dom.ts';

export class TextField<T extends HTMLInputElement | HTMLTextAreaElement> {
  readonly element: HTMLElement;
  readonly control: T;
  readonly #error: HTMLElement;
  readonly #hintId: string;

  /** `control` must have an id. Screen readers read `hint`, which must have an id too, with the control. */
  constructor(label: string, control: T, hint?: HTMLElement) {
    this.control = control;
    this.#error = h('p', { class: 'error', id: `${control.id}-error` });
    this.#hintId = hint?.id ?? '';
    this.element = h('div', { class: 'field' }, h('label', { for: control.id }, label), control, this.#error, hint);
    this.#updateAria(false);
    control.addEventListener('input', () => this.setError(''));
  }

  get value(): string {
    return this.control.value;
  }

  /** Shows an error and focuses the control. An empty text removes the error. */
  setError(text: string): void {
    setText(this.#error, text);
    this.#updateAria(!!text);
    if (!text) return;
    this.control.focus();
    this.element.scrollIntoView({ block: 'nearest' });
  }

  #updateAria(invalid: boolean): void {
    const ids = [invalid && this.#error.id, this.#hintId].filter(Boolean).join(' ');
    if (ids) this.control.setAttribute('aria-describedby', ids);
    else this.control.removeAttribute('aria-describedby');
    this.control.ariaInvalid = String(invalid);
  }
}
