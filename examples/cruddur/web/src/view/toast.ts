/** Short messages at the bottom of the page. */

import { h } from './dom.ts';

/** Milliseconds until a message disappears. */
const DURATION = 10_000;

const polite = h('div', { role: 'status' });
const assertive = h('div', { role: 'alert' });
export const toasts = h('div', { class: 'toasts' }, polite, assertive);

export function showToast(text: string): void {
  show(polite, 'toast', text);
}

export function showWarning(text: string): void {
  show(assertive, 'toast warning', text);
}

function show(region: HTMLElement, kind: string, text: string): void {
  const toast = h('p', { class: kind }, text);
  polite.replaceChildren();
  assertive.replaceChildren();
  region.append(toast);
  setTimeout(() => toast.remove(), DURATION);
}
