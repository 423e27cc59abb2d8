/** Delays between retries. */

const FIRST_DELAY = 1000;
const MAX_DELAY = 30_000;

/** Milliseconds until the next attempt: exponential, with jitter so that clients do not retry together. */
export function backoff(failures: number, random: number): number {
  const limit = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** failures);
  return limit * (0.5 + random / 2);
}

/** Resolves after `milliseconds`, or at once when `signal` is aborted or the window fires `event`. */
export function delay(milliseconds: number, signal: AbortSignal, event?: 'online'): Promise<void> {
  return new Promise((resolve) => {
    const stop = new AbortController();
    const done = () => {
      clearTimeout(timer);
      stop.abort();
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { signal: stop.signal });
    if (event) window.addEventListener(event, done, { signal: stop.signal });
    if (signal.aborted) done();
  });
}
