/** The profile of who is signed in. */

import * as api from './api.ts';
import { SessionEnded } from './errors.ts';
import { person, publish } from './profile-store.ts';
import { isSignedIn, onChange } from './session.ts';
import type { Profile } from './types.ts';

let asked: Promise<string> | undefined;

onChange(() => (asked = undefined));

/** null where nobody is signed in. @throws where the server cannot say */
export async function account(): Promise<Profile | null> {
  if (!isSignedIn()) return null;
  try {
    asked ??= ask();
    return person(await asked) ?? null;
  } catch (error) {
    asked = undefined;
    if (error instanceof SessionEnded) return null;
    throw error;
  }
}

async function ask(): Promise<string> {
  const { refusals: _, ...profile } = await api.me();
  publish(profile);
  return profile.handle;
}
