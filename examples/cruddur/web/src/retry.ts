/** Waiting. */

const FIRST = 1000;
const LONGEST = 30_000;

/** Milliseconds before the next attempt: twice as many each time, and no two clients at once. */
export function backoff(failures: number, random: number): number {
  const most = Math.min(LONGEST, FIRST * 2 ** failures);
  return most * (0.5 + random / 2);
}

/** Resolves after `milliseconds`; at once when `signal` is aborted or the window hears `event`. */
export function pause(milliseconds: number, signal: AbortSignal, event?: 'online'): Promise<void> {
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
