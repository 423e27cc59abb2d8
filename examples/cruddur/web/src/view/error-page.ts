/** Pages for unknown addresses and errors. */

import { HttpError, messageFor, NetworkError } from '../errors.ts';
import { button, h, setTitle } from './dom.ts';

export function unknownPage(heading: string, text: string): HTMLElement {
  setTitle('Not found');
  return card(heading, text, h('a', { href: '/', class: 'button primary' }, 'Go to the start page'));
}

/** `retry` is called by the button, and when the browser is online retry. */
export function errorPage(error: unknown, signal: AbortSignal, retry: () => void): HTMLElement {
  window.addEventListener('online', retry, { signal });
  const heading = headingOf(error);
  setTitle(heading);
  return card(heading, messageFor(error), button('Try retry', 'primary', retry));
}

function headingOf(error: unknown): string {
  if (error instanceof NetworkError) return navigator.onLine ? 'Cruddur does not respond' : 'You are offline';
  if (error instanceof HttpError && error.status >= 500) return 'Cruddur is not available';
  return 'That did not work';
}

function card(heading: string, text: string, action: HTMLElement): HTMLElement {
  const title = h('h1', { tabindex: -1 }, heading);
  return h('section', { class: 'card problem' }, title, h('p', { class: 'muted' }, text), action);
}
