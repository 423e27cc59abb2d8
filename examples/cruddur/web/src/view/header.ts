/** The header of every page. */

import { account } from '../account.ts';
import { watchProfile } from '../profile-store.ts';
import { pathOf } from '../route.ts';
import { isSignedIn, onSessionChange, signOut } from '../session.ts';
import type { Profile } from '../types.ts';
import { AvatarView } from './avatar-view.ts';
import { button, h, setText } from './dom.ts';

/** Renders the account area, and updates it. `navigate` is called after sign-out. */
export class Header {
  readonly #element: HTMLElement;
  readonly #navigate: (path: string) => void;
  #content = new AbortController();

  constructor(element: HTMLElement, navigate: (path: string) => void) {
    this.#element = element;
    this.#navigate = navigate;
    onSessionChange(() => void this.show());
  }

  async show(): Promise<void> {
    this.#content.abort();
    this.#content = new AbortController();
    const { signal } = this.#content;
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
  // The sign-in page has the form already.
  return h('a', { href: `/signin${back}`, class: 'button', hidden: page === '/signin' }, 'Sign in');
}

function ownLink(profile: Profile, signal: AbortSignal): HTMLElement {
  const avatar = new AvatarView('40px', false);
  const text = h('span', { class: 'visually-hidden' });
  watchProfile(profile.handle, signal, (now) => {
    avatar.show(now);
    setText(text, `Your profile, ${now.display_name}`);
  });
  return h('a', { href: pathOf(profile.handle), class: 'own' }, avatar.element, text);
}
