/** What becomes of an upload: process and the webhook work at their own pace, and events tell. */

import * as api from './api.ts';
import { pause } from './clock.ts';
import { onRefusal } from './live.ts';
import { person, publish, watch } from './people.ts';
import type { Profile } from './types.ts';

/** How often the profile is read again, for a line that lets no events through. */
const AGAIN = 10_000;

export type Outcome = { live: true } | { live: false; code: string };

/** How many uploads of this page have no outcome yet. */
let waiting = 0;

/**
 * The digest that process will give this photo: roundel makes the same bytes everywhere, so the page
 * can know before it asks. null where it cannot: wasm is missing, or process has other options.
 */
async function digestToBe(photo: Blob, { avatar }: Profile): Promise<string | null> {
  if (!avatar) return null;
  try {
    const { render } = await import('roundel');
    const sizes = avatar.images.map(({ width, height }) => [width, height] as const);
    return (await render(photo, { sizes }, { signal: AbortSignal.timeout(5000) })).digest;
  } catch {
    return null;
  }
}

/**
 * Whether this photo is the person's picture already. It would get the digest that it has, and no
 * event would ever tell that it is done. With an upload still under way that is not yet decided.
 */
export async function isPictureOf(photo: Blob, profile: Profile): Promise<boolean> {
  return waiting === 0 && (await digestToBe(photo, profile)) === profile.avatar?.digest && !!profile.avatar;
}

/** Resolves when the upload `key` has become another picture than `before`, or was refused. */
export async function outcomeOf(handle: string, key: string, before: string | undefined): Promise<Outcome> {
  const stop = new AbortController();
  waiting++;
  try {
    return await new Promise<Outcome>((resolve) => {
      watch(handle, stop.signal, ({ avatar }) => {
        if (avatar && avatar.digest !== before) resolve({ live: true });
      });
      onRefusal(stop.signal, (refusal) => {
        if (refusal.key === key) resolve({ live: false, code: refusal.code });
      });
      void readAgain(handle, stop.signal);
    });
  } finally {
    waiting--;
    stop.abort();
  }
}

async function readAgain(handle: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    await pause(AGAIN, signal);
    if (signal.aborted) return;
    const read = await api.profile(handle, signal).catch(() => undefined);
    const differs = read?.avatar?.digest !== person(handle)?.avatar?.digest;
    if (read && differs && !signal.aborted) publish(read);
  }
}
