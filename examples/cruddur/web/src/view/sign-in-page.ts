/** The page on which a person signs in. */

import { SESSION_ENDED, textOf } from '../errors.ts';
import { signIn } from '../session.ts';
import { button, h, say, titled } from './dom.ts';
import { Field } from './text-field.ts';

/** `done` is called when the person is signed in. */
export function signInPage(ended: boolean, done: () => void): HTMLElement {
  titled('Sign in');
  const username = new Field('Username', input('username', 'text', 'username'));
  const password = new Field('Password', input('password', 'password', 'current-password'));
  const error = h('p', { class: 'error', role: 'alert' });
  const submit = h('button', { class: 'primary' }, 'Sign in');
  const form = h('form', { class: 'card signin', novalidate: true, 'aria-labelledby': 'signin-title' },
    h('h1', { id: 'signin-title', tabindex: -1 }, 'Sign in to Cruddur'),
    ended && h('p', { class: 'notice' }, SESSION_ENDED),
    username.element,
    withShow(password),
    error,
    submit,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (submit.ariaDisabled !== 'true') void attempt();
  });

  async function attempt(): Promise<void> {
    say(error, '');
    if (!username.value.trim()) return username.refuse('Enter your username.');
    if (!password.value) return password.refuse('Enter your password.');
    submit.ariaDisabled = 'true';
    try {
      await signIn(username.value.trim(), password.value);
      done();
    } catch (failure) {
      say(error, textOf(failure));
      password.control.select();
    } finally {
      submit.ariaDisabled = 'false';
    }
  }
  return form;
}

function input(id: string, type: string, autocomplete: string): HTMLInputElement {
  return h('input', { id, name: id, type, autocomplete, required: true, autocapitalize: 'none', spellcheck: 'false' });
}

/** A person may look at what they have typed. */
function withShow({ element, control }: Field<HTMLInputElement>): HTMLElement {
  const show = button('Show', 'inside', () => {
    const shown = control.type === 'text';
    control.type = shown ? 'password' : 'text';
    show.ariaPressed = String(!shown);
  });
  show.ariaLabel = 'Show characters';
  show.ariaPressed = 'false';
  const row = h('div', { class: 'row' });
  control.replaceWith(row);
  row.append(control, show);
  return element;
}
