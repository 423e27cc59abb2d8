/** A round avatar, wherever one is shown. */

import { thumbHashToRGBA } from 'thumbhash';

import { initials, srcset, tone } from '../avatars.ts';
import { pause } from '../retry.ts';
import { base64ToBytes } from '../encoding.ts';
import type { Avatar, Profile } from '../types.ts';
import { h, say } from './dom.ts';

/** How often a picture that does not load is asked for again. */
const ATTEMPTS = 4;

/**
 * Initials, until there is a picture; its thumbhash, until that has loaded; the picture, until a
 * newer one has loaded. So nothing ever flickers.
 */
export class AvatarView {
  readonly element = h('span', { class: 'avatar' });
  readonly #sizes: string;
  readonly #labelled: boolean;
  #upload: string | undefined;

  /**
   * @param sizes as of `<img>`: how wide it is shown
   * @param labelled whether it speaks for itself, and not what it lies in
   */
  constructor(sizes: string, labelled: boolean) {
    this.#sizes = sizes;
    this.#labelled = labelled;
    if (labelled) this.element.setAttribute('role', 'img');
    else this.element.setAttribute('aria-hidden', 'true');
  }

  show(profile: Profile): void {
    this.element.classList.add(`tone-${tone(profile.handle)}`);
    if (this.#labelled) this.element.setAttribute('aria-label', `Picture of ${profile.display_name}`);
    if (!profile.avatar) return this.#showInitials(profile);
    if (profile.avatar.upload === this.#upload) return;
    this.#upload = profile.avatar.upload;
    void this.#showPicture(profile.avatar);
  }

  #showInitials({ display_name, handle }: Profile): void {
    this.#upload = undefined;
    const shown = this.element.querySelector('.initials');
    const letters = initials(display_name, handle);
    if (shown) say(shown, letters);
    else this.element.replaceChildren(h('span', { class: 'initials' }, letters));
  }

  async #showPicture(avatar: Avatar): Promise<void> {
    if (!this.element.querySelector('img')) this.#showThumbhash(avatar.thumbhash);
    const image = await loaded(avatar, this.#sizes);
    if (avatar.upload !== this.#upload) return;
    if (image) this.element.replaceChildren(image);
    // Whatever comes next may be there again, the same picture too.
    else this.#upload = undefined;
  }

  #showThumbhash(thumbhash: string): void {
    const canvas = drawn(thumbhash);
    if (canvas) this.element.replaceChildren(canvas);
  }
}

/** The picture, decoded, so that it is painted at once. */
export async function loaded(avatar: Avatar, sizes: string): Promise<HTMLImageElement | null> {
  const { signal } = new AbortController();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const image = h('img', { alt: '', sizes, srcset: srcset(avatar.images) });
    try {
      await image.decode();
      return image;
    } catch {
      await pause(1000 * 2 ** attempt, signal, 'online');
    }
  }
  return null;
}

function drawn(thumbhash: string): HTMLCanvasElement | null {
  try {
    const { w, h: height, rgba } = thumbHashToRGBA(base64ToBytes(thumbhash));
    const canvas = h('canvas', { width: w, height });
    canvas.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, height), 0, 0);
    return canvas;
  } catch {
    // Only a stand-in: without it the colour shows.
    return null;
  }
}
