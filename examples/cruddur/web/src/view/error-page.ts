/** Pages for when there is nothing to show. */

import { Refused, textOf, Unreachable } from '../errors.ts';
import { button, h, titled } from './dom.ts';

export function unknownPage(heading: string, text: string): HTMLElement {
  titled('Not found');
  return card(heading, text, h('a', { href: '/', class: 'button primary' }, 'To the start'));
}

/** `again` is also called when the connection is back. */
export function problemPage(error: unknown, signal: AbortSignal, again: () => void): HTMLElement {
  window.addEventListener('online', again, { signal });
  const heading = headingOf(error);
  titled(heading);
  return card(heading, textOf(error), button('Try again', 'primary', again));
}

function headingOf(error: unknown): string {
  if (error instanceof Unreachable) return navigator.onLine ? 'Cruddur does not answer' : 'You are offline';
  if (error instanceof Refused && error.status >= 500) return 'Cruddur is not available';
  return 'That did not work';
}

function card(heading: string, text: string, action: HTMLElement): HTMLElement {
  const title = h('h1', { tabindex: -1 }, heading);
  return h('section', { class: 'card problem' }, title, h('p', { class: 'muted' }, text), action);
}
