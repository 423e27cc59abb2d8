/** The tokens of who is signed in. */

import type { Authentication } from './types.ts';

/** A token that is about to expire counts as expired: it has to arrive, too. */
const MARGIN = 60_000;

export interface Tokens {
  access: string;
  refresh: string;
  /** Milliseconds since 1970. */
  expires: number;
}

/** Tokens from Cognito's answer; a refresh may leave the refresh token out, which then stays. */
export function tokensOf(answer: Authentication, now: number, before?: Tokens): Tokens | null {
  const result = answer.AuthenticationResult;
  if (!result?.AccessToken) return null;
  return {
    access: result.AccessToken,
    refresh: result.RefreshToken ?? before?.refresh ?? '',
    expires: now + result.ExpiresIn * 1000,
  };
}

export function isStale({ expires }: Tokens, now: number, margin = MARGIN): boolean {
  return now >= expires - margin;
}
