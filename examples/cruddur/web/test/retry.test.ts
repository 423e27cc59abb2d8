import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backoff, pause } from '../src/retry.ts';

test('each failure waits longer, up to half a minute', () => {
  assert.deepEqual([0, 1, 2, 3].map((failures) => backoff(failures, 1)), [1000, 2000, 4000, 8000]);
  assert.equal(backoff(5000, 1), 30_000);
});

test('no two pages come back together', () => {
  assert.equal(backoff(0, 0), 500);
  assert.notEqual(backoff(3, 0.1), backoff(3, 0.2));
});

test('nobody waits for what is over', async () => {
  const stop = new AbortController();
  const waiting = pause(60_000, stop.signal);
  stop.abort();
  await waiting;
  await pause(60_000, stop.signal);
});
