/** Waits for the outcome of an upload or a removal. process and the webhook work asynchronously. */

import * as api from './api.ts';
import { delay } from './retry.ts';
import { onRefusal, publishRefusal } from './profile-events.ts';
import { cachedProfile, publishProfile, watchProfile } from './profile-store.ts';

/** Interval at which the profile is polled, for networks that block event streams. */
const POLL_INTERVAL = 10_000;

/** Number of polls. After that, the upload counts as lost and only an event can end the wait. */
const MAX_POLLS = 60;

/** `own`: whether the live picture is of this upload, and not of a newer one. */
export type Outcome = { live: true; own: boolean } | { live: false; code: string };

/**
 * Resolves when the upload `key` has become the picture or was refused. Also resolves when another upload has
 * replaced `before`: an overtaken upload causes no events.
 */
export async function uploadOutcome(handle: string, key: string, before: string | undefined): Promise<Outcome> {
  const stop = new AbortController();
  try {
    return await new Promise<Outcome>((resolve) => {
      watchProfile(handle, stop.signal, ({ avatar }) => {
        if (!avatar) return;
        const own = key.endsWith(`/${avatar.upload}`);
        if (own || avatar.upload !== before) resolve({ live: true, own });
      });
      onRefusal(stop.signal, (refusal) => {
        if (refusal.key === key) resolve({ live: false, code: refusal.code });
      });
      void poll(handle, stop.signal);
    });
  } finally {
    stop.abort();
  }
}

/** Resolves when the profile has no picture, or another one than `before`, which was uploaded in the meantime. */
export async function removalOutcome(handle: string, before: string | undefined): Promise<void> {
  const stop = new AbortController();
  try {
    await new Promise<void>((resolve) => {
      watchProfile(handle, stop.signal, ({ avatar }) => {
        if (!avatar || avatar.upload !== before) resolve();
      });
      void poll(handle, stop.signal);
    });
  } finally {
    stop.abort();
  }
}

async function poll(handle: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < MAX_POLLS; attempt++) {
    await delay(POLL_INTERVAL, signal);
    if (signal.aborted) return;
    const read = await api.me().catch(() => undefined);
    if (!read || signal.aborted) continue;
    const { refusals, ...profile } = read;
    refusals.forEach(publishRefusal);
    if (profile.avatar?.upload !== cachedProfile(handle)?.avatar?.upload) publishProfile(profile);
  }
}
