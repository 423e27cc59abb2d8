/** What the page has to say while nobody has asked. */

import { h } from './dom.ts';

/** Long enough to read twice. */
const SHOWN = 10_000;

const polite = h('div', { role: 'status' });
const assertive = h('div', { role: 'alert' });
export const toasts = h('div', { class: 'toasts' }, polite, assertive);

export function tell(text: string): void {
  show(polite, 'toast', text);
}

export function warn(text: string): void {
  show(assertive, 'toast warning', text);
}

function show(region: HTMLElement, kind: string, text: string): void {
  const toast = h('p', { class: kind }, text);
  polite.replaceChildren();
  assertive.replaceChildren();
  region.append(toast);
  setTimeout(() => toast.remove(), SHOWN);
}
