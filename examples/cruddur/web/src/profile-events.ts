/** Follows the event stream of a profile, so that the page shows changes without a reload. */

import * as api from './api.ts';
import { backoff, delay } from './retry.ts';
import { HttpError } from './errors.ts';
import { EventStreamParser, type ServerEvent } from './event-stream.ts';
import { request } from './http.ts';
import { publishProfile } from './profile-store.ts';
import { withToken } from './session.ts';
import type { Profile, Refusal } from './types.ts';

/** The server sends a keep-alive every 15 s. After this time without data, the connection is dead. */
const SILENCE_TIMEOUT = 45_000;
/** A hidden page closes its connection after this time. */
const HIDDEN_TIMEOUT = 60_000;

const refusals = new Map<string, Refusal>();
const refusalListeners = new Set<(refusal: Refusal) => void>();

/** Calls `listener` with each known refusal and each later one, until `signal` is aborted. */
export function onRefusal(signal: AbortSignal, listener: (refusal: Refusal) => void): void {
  refusalListeners.add(listener);
  signal.addEventListener('abort', () => refusalListeners.delete(listener));
  for (const refusal of refusals.values()) listener(refusal);
}

export function publishRefusal(refusal: Refusal): void {
  refusals.set(refusal.key, refusal);
  for (const listener of [...refusalListeners]) listener(refusal);
}

/**
 * Follows a profile until `signal` is aborted, and reconnects after errors. Stops if the handle does not
 * exist. With `own`, the stream also contains refusals of uploads.
 */
export async function followProfile(handle: string, own: boolean, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    await pageVisible(signal);
    try {
      await readConnection(handle, own, signal, () => (failures = 0));
    } catch (error) {
      if (error instanceof HttpError && error.status === 404) return;
    }
    await delay(backoff(failures++, Math.random()), signal, 'online');
  }
}

/** Reads one connection to its end. */
async function readConnection(handle: string, own: boolean, outer: AbortSignal, onEvent: () => void): Promise<void> {
  const connection = new AbortController();
  const signal = AbortSignal.any([outer, connection.signal]);
  const timer = new ConnectionTimer(() => connection.abort());
  try {
    const response = await connect(handle, own, signal);
    for await (const event of eventsOf(response, timer)) {
      onEvent();
      publishEvent(event);
    }
  } finally {
    timer.stop();
    // After a malformed event the connection is still open, so it must be closed here.
    connection.abort();
  }
}

function connect(handle: string, own: boolean, signal: AbortSignal): Promise<Response> {
  const url = `/api/profile/${encodeURIComponent(handle)}/events`;
  const open = (headers: Record<string, string>) =>
    request(url, { headers: { accept: 'text/event-stream', ...headers }, signal });
  return own ? withToken((token) => open(api.bearer(token))) : open({});
}

async function* eventsOf(response: Response, timer: ConnectionTimer): AsyncGenerator<ServerEvent> {
  const parser = new EventStreamParser();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return;
    timer.restart();
    yield* parser.push(value);
  }
}

function publishEvent({ type, data }: ServerEvent): void {
  if (type === 'profile') publishProfile(JSON.parse(data) as Profile);
  if (type === 'refusal') publishRefusal(JSON.parse(data) as Refusal);
}

/** Ends a connection that has been silent, or whose page has been hidden, for too long. */
class ConnectionTimer {
  #silenceTimeout: ReturnType<typeof setTimeout> | undefined;
  #hiddenTimeout: ReturnType<typeof setTimeout> | undefined;
  readonly #end: () => void;
  readonly #onVisibilityChange = () => {
    clearTimeout(this.#hiddenTimeout);
    if (document.hidden) this.#hiddenTimeout = setTimeout(this.#end, HIDDEN_TIMEOUT);
  };

  constructor(end: () => void) {
    this.#end = end;
    document.addEventListener('visibilitychange', this.#onVisibilityChange);
    this.#onVisibilityChange();
    this.restart();
  }

  restart(): void {
    clearTimeout(this.#silenceTimeout);
    this.#silenceTimeout = setTimeout(this.#end, SILENCE_TIMEOUT);
  }

  stop(): void {
    clearTimeout(this.#silenceTimeout);
    clearTimeout(this.#hiddenTimeout);
    document.removeEventListener('visibilitychange', this.#onVisibilityChange);
  }
}

/** Resolves when the page is visible or `signal` is aborted. */
function pageVisible(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = new AbortController();
    const check = () => {
      if (document.hidden && !signal.aborted) return;
      stop.abort();
      resolve();
    };
    document.addEventListener('visibilitychange', check, { signal: stop.signal });
    signal.addEventListener('abort', check, { signal: stop.signal });
    check();
  });
}
