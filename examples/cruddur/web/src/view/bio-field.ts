/** The field for the bio, which counts. */

import { h, say } from './dom.ts';
import { Field } from './text-field.ts';

export const MOST_BIO = 500;
/** From here on the count is spoken. */
const NEAR = 20;

export function bioField(): Field<HTMLTextAreaElement> {
  const count = h('span', { class: 'count' });
  const spoken = h('span', { class: 'unseen', role: 'status' });
  const hint = h('p', { class: 'hint', id: 'bio-hint' }, count, spoken);
  const field = new Field('Bio', h('textarea', { id: 'bio', name: 'bio', rows: 4 }), hint);
  const show = () => {
    const left = MOST_BIO - lengthOf(field.value);
    say(count, `${MOST_BIO - left} / ${MOST_BIO}`);
    count.classList.toggle('over', left < 0);
    say(spoken, left < 0 ? `${-left} characters too many` : left <= NEAR ? `${left} characters left` : '');
  };
  field.control.addEventListener('input', show);
  show();
  return field;
}

/** In characters as the backend counts them, not in UTF-16. */
export function lengthOf(text: string): number {
  return [...text].length;
}
