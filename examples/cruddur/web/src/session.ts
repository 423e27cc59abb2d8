/** Who is signed in: Cognito's tokens, for as long as the tab lives. */

import { config } from './config.ts';
import { Refused, SessionEnded, textOfChallenge, Told } from './errors.ts';
import { readJson, request } from './http.ts';
import { isStale, type Tokens, tokensOf } from './token.ts';
import type { Authentication } from './types.ts';

const KEY = 'cruddur.tokens';

let tokens: Tokens | null = stored();
let refreshing: Promise<Tokens> | undefined;
/** How many sessions have begun or ended. */
let sessions = 0;
const listeners = new Set<() => void>();

export function isSignedIn(): boolean {
  return tokens !== null;
}

/** Called whenever somebody has signed in or out, or the session has ended. */
export function onChange(listener: () => void): void {
  listeners.add(listener);
}

export async function signIn(username: string, password: string): Promise<void> {
  const answer = await initiate('USER_PASSWORD_AUTH', { USERNAME: username, PASSWORD: password });
  const found = tokensOf(answer, Date.now());
  if (!found) throw new Told(textOfChallenge(answer.ChallengeName ?? ''));
  keep(found);
}

export function signOut(): void {
  const before = tokens;
  keep(null);
  // Forgotten here in any case; elsewhere too, if the line allows.
  if (before?.refresh) void revoke(before.refresh).catch(() => undefined);
}

/**
 * Calls `act` with a token that holds; where it is refused all the same, once more with a new one.
 *
 * @throws {SessionEnded} when that does not help either
 */
export async function withToken<T>(act: (token: string) => Promise<T>): Promise<T> {
  const mine = sessions;
  const before = await fresh();
  try {
    return await act(before.access);
  } catch (error) {
    if (!isDenied(error)) throw error;
  }
  // What one person asked for is not done in the name of another.
  if (sessions !== mine) throw new SessionEnded();
  const after = tokens && tokens.access !== before.access ? tokens : await refresh();
  try {
    return await act(after.access);
  } catch (error) {
    throw isDenied(error) ? end(after) : error;
  }
}

async function fresh(): Promise<Tokens> {
  if (!tokens) throw new SessionEnded();
  return isStale(tokens, Date.now()) ? refresh() : tokens;
}

/** One refresh at a time, for everybody who waits for it. */
function refresh(): Promise<Tokens> {
  refreshing ??= renew().finally(() => (refreshing = undefined));
  return refreshing;
}

async function renew(): Promise<Tokens> {
  const before = tokens;
  if (!before?.refresh) throw end(before);
  try {
    const answer = await initiate('REFRESH_TOKEN_AUTH', { REFRESH_TOKEN: before.refresh });
    const renewed = tokensOf(answer, Date.now(), before);
    // Signed out meanwhile, or a challenge: there is no session to go on with.
    if (!renewed || tokens !== before) throw end(before);
    keep(renewed);
    return renewed;
  } catch (error) {
    throw isFinal(error) ? end(before) : error;
  }
}

/** Ends the session that `of` was of; whoever has signed in meanwhile stays. */
function end(of: Tokens | null): SessionEnded {
  if (tokens === of) keep(null);
  return new SessionEnded();
}

/** 403 is how an HTTP API says that a token is bad. */
function isDenied(error: unknown): boolean {
  return error instanceof Refused && (error.status === 401 || error.status === 403);
}

/** Cognito says 400 for all that is wrong, haste included. */
function isFinal(error: unknown): boolean {
  const hasty = ['TooManyRequestsException', 'LimitExceededException'];
  return error instanceof Refused && error.status < 429 && !hasty.includes(error.code);
}

async function initiate(flow: string, parameters: Record<string, string>): Promise<Authentication> {
  const response = await ask('InitiateAuth', { AuthFlow: flow, AuthParameters: parameters });
  return readJson(response);
}

/** A refresh token that nobody can use any more. */
async function revoke(token: string): Promise<void> {
  await ask('RevokeToken', { Token: token });
}

async function ask(action: string, parameters: object): Promise<Response> {
  const { cognito } = await config();
  return request(cognito.url, {
    method: 'POST',
    keepalive: true,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${action}`,
    },
    body: JSON.stringify({ ClientId: cognito.client_id, ...parameters }),
  });
}

function stored(): Tokens | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Tokens | null;
  } catch {
    return null;
  }
}

/** A renewed token is no other session: only who is there, or nobody, is told. */
function keep(next: Tokens | null): void {
  const changed = (tokens === null) !== (next === null);
  tokens = next;
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
  if (changed) sessions++;
  if (changed) for (const listener of listeners) listener();
}
