/** The sign-in page. */

import { SESSION_EXPIRED, messageFor } from '../errors.ts';
import { signIn } from '../session.ts';
import { button, h, setText, setTitle } from './dom.ts';
import { TextField } from './text-field.ts';

/** `done` is called after sign-in. `expired`: whether the last session has expired. */
export function signInPage(expired: boolean, done: () => void): HTMLElement {
  setTitle('Sign in');
  const username = new TextField('Username', input('username', 'text', 'username'));
  const password = new TextField('Password', input('password', 'password', 'current-password'));
  const error = h('p', { class: 'error', role: 'alert' });
  const submit = h('button', { class: 'primary' }, 'Sign in');
  const form = h('form', { class: 'card signin', novalidate: true, 'aria-labelledby': 'signin-title' },
    h('h1', { id: 'signin-title', tabindex: -1 }, 'Sign in to Cruddur'),
    expired && h('p', { class: 'notice' }, SESSION_EXPIRED),
    username.element,
    withShowButton(password),
    error,
    submit,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (submit.ariaDisabled !== 'true') void attempt();
  });

  async function attempt(): Promise<void> {
    setText(error, '');
    if (!username.value.trim()) return username.setError('Enter your username.');
    if (!password.value) return password.setError('Enter your password.');
    submit.ariaDisabled = 'true';
    try {
      await signIn(username.value.trim(), password.value);
      done();
    } catch (failure) {
      setText(error, messageFor(failure));
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

/** Adds a button that shows the typed password. */
function withShowButton({ element, control }: TextField<HTMLInputElement>): HTMLElement {
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
