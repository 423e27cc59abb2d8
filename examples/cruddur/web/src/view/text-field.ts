/** A labelled control of a form, and what is wrong with it. */

import { h, say } from './dom.ts';

export class Field<T extends HTMLInputElement | HTMLTextAreaElement> {
  readonly element: HTMLElement;
  readonly control: T;
  readonly #error: HTMLElement;
  readonly #described: string;

  /** `control` has an id; `hint` an id as well, and is read with the control. */
  constructor(label: string, control: T, hint?: HTMLElement) {
    this.control = control;
    this.#error = h('p', { class: 'error', id: `${control.id}-error` });
    this.#described = hint?.id ?? '';
    this.element = h('div', { class: 'field' }, h('label', { for: control.id }, label), control, this.#error, hint);
    this.#describe(false);
    control.addEventListener('input', () => this.refuse(''));
  }

  get value(): string {
    return this.control.value;
  }

  /** Says what is wrong, and takes the person there; nothing, if the text is empty. */
  refuse(text: string): void {
    say(this.#error, text);
    this.#describe(!!text);
    if (!text) return;
    this.control.focus();
    this.element.scrollIntoView({ block: 'nearest' });
  }

  #describe(wrong: boolean): void {
    const ids = [wrong && this.#error.id, this.#described].filter(Boolean).join(' ');
    if (ids) this.control.setAttribute('aria-describedby', ids);
    else this.control.removeAttribute('aria-describedby');
    this.control.ariaInvalid = String(wrong);
  }
}
