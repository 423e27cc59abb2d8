/** Follows a person's events, so that the page shows what is new without being asked. */

import * as api from './api.ts';
import { backoff, pause } from './retry.ts';
import { Refused } from './errors.ts';
import { EventStreamParser, type ServerEvent } from './event-stream.ts';
import { request } from './http.ts';
import { publish } from './profile-store.ts';
import { withToken } from './session.ts';
import type { Profile, Refusal } from './types.ts';

/** The server gives a sign of life every 15 s; after this long there is no server. */
const SILENCE = 45_000;
/** A page that nobody sees holds a connection for no longer than this. */
const UNSEEN = 60_000;

const refusals = new Map<string, Refusal>();
const refusalListeners = new Set<(refusal: Refusal) => void>();

/** Calls `listener` with each refusal that is known, and with each that follows. */
export function onRefusal(signal: AbortSignal, listener: (refusal: Refusal) => void): void {
  refusalListeners.add(listener);
  signal.addEventListener('abort', () => refusalListeners.delete(listener));
  for (const refusal of refusals.values()) listener(refusal);
}

export function takeRefusal(refusal: Refusal): void {
  refusals.set(refusal.key, refusal);
  for (const listener of [...refusalListeners]) listener(refusal);
}

/** Until `signal` is aborted, or nobody has this handle. `own` brings the refusals of uploads too. */
export async function follow(handle: string, own: boolean, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    await seen(signal);
    try {
      await listen(handle, own, signal, () => (failures = 0));
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return;
    }
    await pause(backoff(failures++, Math.random()), signal, 'online');
  }
}

/** One connection, for as long as it lives. */
async function listen(handle: string, own: boolean, outer: AbortSignal, onEvent: () => void): Promise<void> {
  const connection = new AbortController();
  const signal = AbortSignal.any([outer, connection.signal]);
  const watchdog = new Watchdog(() => connection.abort());
  try {
    const response = await connect(handle, own, signal);
    for await (const event of eventsOf(response, watchdog)) {
      onEvent();
      take(event);
    }
  } finally {
    watchdog.stop();
    // Also where an event makes no sense: nobody else would end the connection.
    connection.abort();
  }
}

function connect(handle: string, own: boolean, signal: AbortSignal): Promise<Response> {
  const url = `/api/profile/${encodeURIComponent(handle)}/events`;
  const ask = (headers: Record<string, string>) =>
    request(url, { headers: { accept: 'text/event-stream', ...headers }, signal });
  return own ? withToken((token) => ask(api.bearer(token))) : ask({});
}

async function* eventsOf(response: Response, watchdog: Watchdog): AsyncGenerator<ServerEvent> {
  const parser = new EventStreamParser();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return;
    watchdog.fed();
    yield* parser.push(value);
  }
}

function take({ type, data }: ServerEvent): void {
  if (type === 'profile') publish(JSON.parse(data) as Profile);
  if (type === 'refusal') takeRefusal(JSON.parse(data) as Refusal);
}

/** Ends a connection that is dead, or that nobody looks at. */
class Watchdog {
  #silence: ReturnType<typeof setTimeout> | undefined;
  #unseen: ReturnType<typeof setTimeout> | undefined;
  readonly #end: () => void;
  readonly #look = () => {
    clearTimeout(this.#unseen);
    if (document.hidden) this.#unseen = setTimeout(this.#end, UNSEEN);
  };

  constructor(end: () => void) {
    this.#end = end;
    document.addEventListener('visibilitychange', this.#look);
    this.#look();
    this.fed();
  }

  fed(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(this.#end, SILENCE);
  }

  stop(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#unseen);
    document.removeEventListener('visibilitychange', this.#look);
  }
}

/** Resolves when the page is seen, or need not be. */
function seen(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = new AbortController();
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      stop.abort();
      resolve();
    };
    document.addEventListener('visibilitychange', look, { signal: stop.signal });
    signal.addEventListener('abort', look, { signal: stop.signal });
    look();
  });
}
