/** The newest that is known of each person; whoever shows them hears of every change. */

import type { Profile } from './types.ts';

type Watcher = (profile: Profile) => void;

const known = new Map<string, Profile>();
const watchers = new Map<string, Set<Watcher>>();

export function person(handle: string): Profile | undefined {
  return known.get(handle);
}

export function publish(profile: Profile): void {
  known.set(profile.handle, profile);
  for (const watcher of [...(watchers.get(profile.handle) ?? [])]) watcher(profile);
}

/** Calls `watcher` with what is known, and again with whatever is new, until `signal` is aborted. */
export function watch(handle: string, signal: AbortSignal, watcher: Watcher): void {
  if (signal.aborted) return;
  const others = watchers.get(handle) ?? new Set();
  watchers.set(handle, others.add(watcher));
  signal.addEventListener('abort', () => others.delete(watcher));
  const present = known.get(handle);
  if (present) watcher(present);
}
