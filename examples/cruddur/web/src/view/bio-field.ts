/** The bio field, with a character counter. */

import { h, setText } from './dom.ts';
import { TextField } from './text-field.ts';

export const MAX_BIO = 500;
/** Screen readers announce the counter when at most this many characters are left. */
const ANNOUNCE_BELOW = 20;

export function bioField(): TextField<HTMLTextAreaElement> {
  const count = h('span', { class: 'count' });
  const announcement = h('span', { class: 'visually-hidden', role: 'status' });
  const hint = h('p', { class: 'hint', id: 'bio-hint' }, count, announcement);
  const field = new TextField('Bio', h('textarea', { id: 'bio', name: 'bio', rows: 4 }), hint);
  const show = () => {
    const left = MAX_BIO - lengthOf(field.value);
    setText(count, `${MAX_BIO - left} / ${MAX_BIO}`);
    count.classList.toggle('over', left < 0);
    setText(announcement, left < 0 ? `${-left} characters too many` : left <= ANNOUNCE_BELOW ? `${left} characters left` : '');
  };
  field.control.addEventListener('input', show);
  show();
  return field;
}

/** The number of Unicode code points, which the backend counts too. `length` would count UTF-16 units. */
export function lengthOf(text: string): number {
  return [...text].length;
}
