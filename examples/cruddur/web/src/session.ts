/** The session: Cognito tokens in sessionStorage, which live as long as the tab. */

import { config } from './config.ts';
import { HttpError, SessionExpired, challengeMessage, UserError } from './errors.ts';
import { readJson, request } from './http.ts';
import { isStale, type Tokens, tokensOf } from './token.ts';
import type { InitiateAuthResponse } from './types.ts';

const STORAGE_KEY = 'cruddur.tokens';

let tokens: Tokens | null = loadTokens();
let refreshing: Promise<Tokens> | undefined;
/** Incremented when a session begins or ends. */
let sessionCount = 0;
const listeners = new Set<() => void>();

export function isSignedIn(): boolean {
  return tokens !== null;
}

/** Registers a listener for sign-in, sign-out and the end of a session. */
export function onSessionChange(listener: () => void): void {
  listeners.add(listener);
}

export async function signIn(username: string, password: string): Promise<void> {
  const answer = await initiateAuth('USER_PASSWORD_AUTH', { USERNAME: username, PASSWORD: password });
  const found = tokensOf(answer, Date.now());
  if (!found) throw new UserError(challengeMessage(answer.ChallengeName ?? ''));
  storeTokens(found);
}

export function signOut(): void {
  const before = tokens;
  storeTokens(null);
  // The tokens are deleted in any case. Revoking the refresh token can fail.
  if (before?.refresh) void revoke(before.refresh).catch(() => undefined);
}

/**
 * Calls `act` with a valid access token. If the server refuses it, refreshes the token and calls `act` again.
 *
 * @throws {SessionExpired} if the server refuses the new token too
 */
export async function withToken<T>(act: (token: string) => Promise<T>): Promise<T> {
  const count = sessionCount;
  const before = await freshTokens();
  try {
    return await act(before.access);
  } catch (error) {
    if (!isDenied(error)) throw error;
  }
  // Another user may have signed in since. Do not repeat the request in their name.
  if (sessionCount !== count) throw new SessionExpired();
  const after = tokens && tokens.access !== before.access ? tokens : await refresh();
  try {
    return await act(after.access);
  } catch (error) {
    throw isDenied(error) ? endSession(after) : error;
  }
}

async function freshTokens(): Promise<Tokens> {
  if (!tokens) throw new SessionExpired();
  return isStale(tokens, Date.now()) ? refresh() : tokens;
}

/** Refreshes the tokens. Concurrent calls share one request. */
function refresh(): Promise<Tokens> {
  refreshing ??= renew().finally(() => (refreshing = undefined));
  return refreshing;
}

async function renew(): Promise<Tokens> {
  const before = tokens;
  if (!before?.refresh) throw endSession(before);
  try {
    const answer = await initiateAuth('REFRESH_TOKEN_AUTH', { REFRESH_TOKEN: before.refresh });
    const renewed = tokensOf(answer, Date.now(), before);
    // The user has signed out in the meantime, or Cognito answered with a challenge.
    if (!renewed || tokens !== before) throw endSession(before);
    storeTokens(renewed);
    return renewed;
  } catch (error) {
    throw endsSession(error) ? endSession(before) : error;
  }
}

/** Ends the session of these tokens. A newer session stays. */
function endSession(ended: Tokens | null): SessionExpired {
  if (tokens === ended) storeTokens(null);
  return new SessionExpired();
}

/** The backend answers 401 for an invalid token, an HTTP API with a Lambda authorizer 403. */
function isDenied(error: unknown): boolean {
  return error instanceof HttpError && (error.status === 401 || error.status === 403);
}

/** Whether a refresh error ends the session. Cognito answers 400 for every error, also for throttling. */
function endsSession(error: unknown): boolean {
  const throttling = ['TooManyRequestsException', 'LimitExceededException'];
  return error instanceof HttpError && error.status < 429 && !throttling.includes(error.code);
}

async function initiateAuth(flow: string, parameters: Record<string, string>): Promise<InitiateAuthResponse> {
  const response = await callCognito('InitiateAuth', { AuthFlow: flow, AuthParameters: parameters });
  return readJson(response);
}

/** Revokes a refresh token. */
async function revoke(token: string): Promise<void> {
  await callCognito('RevokeToken', { Token: token });
}

async function callCognito(action: string, parameters: object): Promise<Response> {
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

function loadTokens(): Tokens | null {
  try {
    return JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null') as Tokens | null;
  } catch {
    return null;
  }
}

/** Stores the tokens. Notifies listeners only if a session begins or ends, not after a refresh. */
function storeTokens(next: Tokens | null): void {
  const changed = (tokens === null) !== (next === null);
  tokens = next;
  if (next) sessionStorage.setItem(STORAGE_KEY, JSON.stringify(next));
  else sessionStorage.removeItem(STORAGE_KEY);
  if (changed) sessionCount++;
  if (changed) for (const listener of listeners) listener();
}
