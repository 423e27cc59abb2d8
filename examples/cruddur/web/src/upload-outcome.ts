/** What becomes of an upload: process and the webhook work at their own pace, and events tell. */

import * as api from './api.ts';
import { pause } from './retry.ts';
import { onRefusal, takeRefusal } from './profile-events.ts';
import { person, publish, watch } from './profile-store.ts';

/** How often the profile is read again, for a line that lets no events through. */
const AGAIN = 10_000;

/** How often that is done: whoever still waits then, waits for something that is lost. */
const ATTEMPTS = 60;

/** `own` is whether it is this upload that is live, and not a newer one of another page. */
export type Outcome = { live: true; own: boolean } | { live: false; code: string };

/**
 * Resolves when the upload `key` has become the person's picture, or was refused; or when another
 * one has replaced `before`, for an upload that was overtaken is heard of no more.
 */
export async function outcomeOf(handle: string, key: string, before: string | undefined): Promise<Outcome> {
  const stop = new AbortController();
  try {
    return await new Promise<Outcome>((resolve) => {
      watch(handle, stop.signal, ({ avatar }) => {
        if (!avatar) return;
        const own = key.endsWith(`/${avatar.upload}`);
        if (own || avatar.upload !== before) resolve({ live: true, own });
      });
      onRefusal(stop.signal, (refusal) => {
        if (refusal.key === key) resolve({ live: false, code: refusal.code });
      });
      void readAgain(handle, stop.signal);
    });
  } finally {
    stop.abort();
  }
}

async function readAgain(handle: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await pause(AGAIN, signal);
    if (signal.aborted) return;
    const read = await api.me().catch(() => undefined);
    if (!read || signal.aborted) continue;
    const { refusals, ...profile } = read;
    refusals.forEach(takeRefusal);
    if (profile.avatar?.upload !== person(handle)?.avatar?.upload) publish(profile);
  }
}
