/** The bar above every page. */

import { account } from '../account.ts';
import { watch } from '../profile-store.ts';
import { pathOf } from '../route.ts';
import { isSignedIn, onChange, signOut } from '../session.ts';
import type { Profile } from '../types.ts';
import { AvatarView } from './avatar-view.ts';
import { button, h, say } from './dom.ts';

/** Fills the element, and keeps it right. `navigate` is called after signing out. */
export class Header {
  readonly #element: HTMLElement;
  readonly #navigate: (path: string) => void;
  #shown = new AbortController();

  constructor(element: HTMLElement, navigate: (path: string) => void) {
    this.#element = element;
    this.#navigate = navigate;
    onChange(() => void this.show());
  }

  async show(): Promise<void> {
    this.#shown.abort();
    this.#shown = new AbortController();
    const { signal } = this.#shown;
    if (!isSignedIn()) return this.#fill(signInLink());
    const out = button('Sign out', '', () => this.#signOut());
    this.#fill(out);
    const profile = await account().catch(() => null);
    if (profile && !signal.aborted) this.#fill(ownLink(profile, signal), out);
  }

  #fill(...children: HTMLElement[]): void {
    this.#element.replaceChildren(...children);
  }

  #signOut(): void {
    signOut();
    this.#navigate('/signin');
  }
}

function signInLink(): HTMLElement {
  const page = location.pathname;
  const back = page.startsWith('/@') ? `?to=${encodeURIComponent(page)}` : '';
  // The page itself has the form.
  return h('a', { href: `/signin${back}`, class: 'button', hidden: page === '/signin' }, 'Sign in');
}

function ownLink(profile: Profile, signal: AbortSignal): HTMLElement {
  const avatar = new AvatarView('40px', false);
  const text = h('span', { class: 'unseen' });
  watch(profile.handle, signal, (now) => {
    avatar.show(now);
    say(text, `Your profile, ${now.display_name}`);
  });
  return h('a', { href: pathOf(profile.handle), class: 'own' }, avatar.element, text);
}
