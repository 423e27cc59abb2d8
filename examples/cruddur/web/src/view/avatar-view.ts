/** A round avatar: initials, thumbhash or picture. */

import { thumbHashToRGBA } from 'thumbhash';

import { initials, srcset, tone } from '../avatars.ts';
import { delay } from '../retry.ts';
import { base64ToBytes } from '../encoding.ts';
import type { Avatar, Profile } from '../types.ts';
import { h, setText } from './dom.ts';

/** Number of attempts to load a picture. */
const MAX_ATTEMPTS = 4;

/**
 * Shows initials until there is a picture, the thumbhash until the picture has loaded, and the picture until a
 * newer one has loaded. So nothing flickers.
 */
export class AvatarView {
  readonly element = h('span', { class: 'avatar' });
  readonly #sizes: string;
  readonly #labeled: boolean;
  #upload: string | undefined;

  /**
   * @param sizes the `sizes` attribute of the `<img>`
   * @param labeled whether the avatar has a label of its own for screen readers
   */
  constructor(sizes: string, labeled: boolean) {
    this.#sizes = sizes;
    this.#labeled = labeled;
    if (labeled) this.element.setAttribute('role', 'img');
    else this.element.setAttribute('aria-hidden', 'true');
  }

  show(profile: Profile): void {
    this.element.classList.add(`tone-${tone(profile.handle)}`);
    if (this.#labeled) this.element.setAttribute('aria-label', `Picture of ${profile.display_name}`);
    if (!profile.avatar) return this.#showInitials(profile);
    if (profile.avatar.upload === this.#upload) return;
    this.#upload = profile.avatar.upload;
    void this.#showPicture(profile.avatar);
  }

  #showInitials({ display_name, handle }: Profile): void {
    this.#upload = undefined;
    const shown = this.element.querySelector('.initials');
    const letters = initials(display_name, handle);
    if (shown) setText(shown, letters);
    else this.element.replaceChildren(h('span', { class: 'initials' }, letters));
  }

  async #showPicture(avatar: Avatar): Promise<void> {
    if (!this.element.querySelector('img')) this.#showThumbhash(avatar.thumbhash);
    const image = await loadImage(avatar, this.#sizes);
    if (avatar.upload !== this.#upload) return;
    if (image) this.element.replaceChildren(image);
    // Loading failed. Forget the upload, so that the next call tries the same picture again.
    else this.#upload = undefined;
  }

  #showThumbhash(thumbhash: string): void {
    const canvas = drawThumbhash(thumbhash);
    if (canvas) this.element.replaceChildren(canvas);
  }
}

/** Loads and decodes the picture, so that it can be painted without delay. Null if it does not load. */
export async function loadImage(avatar: Avatar, sizes: string): Promise<HTMLImageElement | null> {
  const { signal } = new AbortController();
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const image = h('img', { alt: '', sizes, srcset: srcset(avatar.images) });
    try {
      await image.decode();
      return image;
    } catch {
      await delay(1000 * 2 ** attempt, signal, 'online');
    }
  }
  return null;
}

function drawThumbhash(thumbhash: string): HTMLCanvasElement | null {
  try {
    const { w, h: height, rgba } = thumbHashToRGBA(base64ToBytes(thumbhash));
    const canvas = h('canvas', { width: w, height });
    canvas.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, height), 0, 0);
    return canvas;
  } catch {
    // The thumbhash is malformed. The background color shows instead.
    return null;
  }
}
