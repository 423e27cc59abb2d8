/** The profile page of a user. */

import { cssColor, tone } from '../avatars.ts';
import { config } from '../config.ts';
import { watchProfile } from '../profile-store.ts';
import type { Profile } from '../types.ts';
import { AvatarView } from './avatar-view.ts';
import { button, h, setText, setTitle } from './dom.ts';

/** Width of the avatar, as in style.css. */
const SIZES = '(max-width: 560px) 96px, 144px';

export interface ProfilePage {
  element: HTMLElement;
  /** Shows the edit button for the owner, and returns it. */
  showEditButton(edit: () => void): HTMLButtonElement;
}

export function profilePage(profile: Profile, signal: AbortSignal): ProfilePage {
  const avatar = new AvatarView(SIZES, true);
  const name = h('h1', { id: 'name', tabindex: -1, dir: 'auto' });
  const bio = h('p', { class: 'bio', dir: 'auto' });
  const actions = h('div', { class: 'actions' });
  const element = h('article', { class: `card profile tone-${tone(profile.handle)}`, 'aria-labelledby': 'name' },
    banner(),
    h('div', { class: 'top' }, avatar.element, actions),
    name,
    h('p', { class: 'handle' }, `@${profile.handle}`),
    bio,
  );
  let isOwner = false;
  let now = profile;
  const show = () => {
    avatar.show(now);
    setText(name, now.display_name);
    setText(bio, now.bio ?? (isOwner ? 'You have not written anything about yourself yet.' : 'No bio yet.'));
    bio.classList.toggle('none', !now.bio);
    tint(element, now);
    setTitle(`${now.display_name} (@${now.handle})`);
  };
  show();
  watchProfile(profile.handle, signal, (next) => {
    now = next;
    show();
  });
  return {
    element,
    showEditButton(edit) {
      isOwner = true;
      show();
      const opener = button('Edit profile', '', edit);
      actions.replaceChildren(opener);
      return opener;
    },
  };
}

/** Tints the page with the color of the avatar. The policy forbids the style attribute, but not this API. */
function tint(element: HTMLElement, { avatar }: Profile): void {
  const color = cssColor(avatar?.color);
  if (color) element.style.setProperty('--tint', color);
  else element.style.removeProperty('--tint');
}

/** A gradient, and the banner picture on top once it has loaded. */
function banner(): HTMLElement {
  const element = h('div', { class: 'banner' });
  void showBanner(element).catch(() => undefined);
  return element;
}

async function showBanner(element: HTMLElement): Promise<void> {
  const { assets } = await config();
  const image = h('img', { alt: '', src: `${assets}/banners/banner.jpg` });
  await image.decode();
  element.append(image);
}

/** A placeholder while the profile loads. */
export function skeleton(): HTMLElement {
  return h('article', { class: 'card profile skeleton', 'aria-busy': 'true' },
    h('h1', { class: 'visually-hidden', tabindex: -1 }, 'Loading the profile'),
    h('div', { class: 'banner' }),
    h('div', { class: 'top' }, h('span', { class: 'avatar' })),
    h('div', { class: 'line' }),
    h('div', { class: 'line short' }),
  );
}
