import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backoff, delay } from '../src/retry.ts';

test('the delay doubles after each failure, up to 30 seconds', () => {
  assert.deepEqual([0, 1, 2, 3].map((failures) => backoff(failures, 1)), [1000, 2000, 4000, 8000]);
  assert.equal(backoff(5000, 1), 30_000);
});

test('jitter spreads the delays of different pages', () => {
  assert.equal(backoff(0, 0), 500);
  assert.notEqual(backoff(3, 0.1), backoff(3, 0.2));
});

test('an aborted delay resolves at once', async () => {
  const stop = new AbortController();
  const waiting = delay(60_000, stop.signal);
  stop.abort();
  await waiting;
  await delay(60_000, stop.signal);
});
