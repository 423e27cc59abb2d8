/** The profile of the signed-in user. */

import * as api from './api.ts';
import { SessionExpired } from './errors.ts';
import { cachedProfile, publishProfile } from './profile-store.ts';
import { isSignedIn, onSessionChange } from './session.ts';
import type { Profile } from './types.ts';

let pendingHandle: Promise<string> | undefined;

onSessionChange(() => (pendingHandle = undefined));

/** The profile of the signed-in user, or null. @throws if the server cannot be reached */
export async function account(): Promise<Profile | null> {
  if (!isSignedIn()) return null;
  try {
    pendingHandle ??= fetchOwnProfile();
    return cachedProfile(await pendingHandle) ?? null;
  } catch (error) {
    pendingHandle = undefined;
    if (error instanceof SessionExpired) return null;
    throw error;
  }
}

async function fetchOwnProfile(): Promise<string> {
  const { refusals: _, ...profile } = await api.me();
  publishProfile(profile);
  return profile.handle;
}
