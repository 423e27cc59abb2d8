/** The tokens of a session. */

import type { InitiateAuthResponse } from './types.ts';

/** A token counts as stale this long before it expires, because the request takes time. */
const MARGIN = 60_000;

export interface Tokens {
  access: string;
  refresh: string;
  /** Milliseconds since 1970. */
  expires: number;
}

/** The tokens of a Cognito response. Without a refresh token in it, that of `before` stays. */
export function tokensOf(answer: InitiateAuthResponse, now: number, before?: Tokens): Tokens | null {
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
