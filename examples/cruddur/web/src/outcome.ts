/** What becomes of an upload: process and the webhook work at their own pace, and events tell. */

import * as api from './api.ts';
import { pause } from './clock.ts';
import { onRefusal } from './live.ts';
import { person, publish, watch } from './people.ts';

/** How often the profile is read again, for a line that lets no events through. */
const AGAIN = 10_000;

export type Outcome = { live: true } | { live: false; code: string };

/** Resolves when the upload `key` has become the person's picture, or was refused. */
export async function outcomeOf(handle: string, key: string): Promise<Outcome> {
  const stop = new AbortController();
  try {
    return await new Promise<Outcome>((resolve) => {
      watch(handle, stop.signal, ({ avatar }) => {
        if (avatar && key.endsWith(`/${avatar.upload}`)) resolve({ live: true });
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
  for (;;) {
    await pause(AGAIN, signal);
    if (signal.aborted) return;
    const read = await api.profile(handle, signal).catch(() => undefined);
    const differs = read?.avatar?.upload !== person(handle)?.avatar?.upload;
    if (read && differs && !signal.aborted) publish(read);
  }
}
