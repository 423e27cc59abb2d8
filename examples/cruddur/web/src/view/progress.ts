/** A progress bar. Screen readers announce each step, but not each percentage. */

import { h, setText } from './dom.ts';

export class Progress {
  readonly #label = h('label', { for: 'progress' });
  readonly #bar = h('progress', { id: 'progress', max: 1 });
  readonly #announcement = h('p', { class: 'visually-hidden', role: 'status' });
  readonly #visible = h('div', { class: 'progress', hidden: true }, this.#label, this.#bar);
  readonly element = h('div', {}, this.#visible, this.#announcement);

  /** Without a fraction, the bar is indeterminate. */
  step(text: string, fraction?: number): void {
    this.#visible.hidden = false;
    setText(this.#label, fraction === undefined ? text : `${text} ${Math.floor(fraction * 100)} %`);
    if (fraction === undefined) this.#bar.removeAttribute('value');
    else this.#bar.value = fraction;
    setText(this.#announcement, text);
  }

  stop(): void {
    this.#visible.hidden = true;
    setText(this.#announcement, '');
  }
}
