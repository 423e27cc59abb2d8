/** How far a form's work is: seen always, spoken at each step. */

import { h, say } from './dom.ts';

export class Progress {
  readonly #label = h('label', { for: 'progress' });
  readonly #bar = h('progress', { id: 'progress', max: 1 });
  readonly #spoken = h('p', { class: 'unseen', role: 'status' });
  readonly #seen = h('div', { class: 'progress', hidden: true }, this.#label, this.#bar);
  readonly element = h('div', {}, this.#seen, this.#spoken);

  /** Without a fraction nobody knows how far it is. */
  step(text: string, fraction?: number): void {
    this.#seen.hidden = false;
    say(this.#label, fraction === undefined ? text : `${text} ${Math.floor(fraction * 100)} %`);
    if (fraction === undefined) this.#bar.removeAttribute('value');
    else this.#bar.value = fraction;
    say(this.#spoken, text);
  }

  stop(): void {
    this.#seen.hidden = true;
    say(this.#spoken, '');
  }
}
