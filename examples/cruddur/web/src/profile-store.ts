/** A store of the newest known profiles, with subscriptions. */

import type { Profile } from './types.ts';

type Watcher = (profile: Profile) => void;

const known = new Map<string, Profile>();
const watchers = new Map<string, Set<Watcher>>();

export function cachedProfile(handle: string): Profile | undefined {
  return known.get(handle);
}

export function publishProfile(profile: Profile): void {
  known.set(profile.handle, profile);
  for (const watcher of [...(watchers.get(profile.handle) ?? [])]) watcher(profile);
}

/** Calls `watcher` with the known profile and after each change, until `signal` is aborted. */
export function watchProfile(handle: string, signal: AbortSignal, watcher: Watcher): void {
  if (signal.aborted) return;
  const others = watchers.get(handle) ?? new Set();
  watchers.set(handle, others.add(watcher));
  signal.addEventListener('abort', () => others.delete(watcher));
  const present = known.get(handle);
  if (present) watcher(present);
}
