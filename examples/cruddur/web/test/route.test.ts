import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pathOf, routeOf } from '../src/route.ts';

test('routeOf maps each address to its page', () => {
  const cases = [
    ['/', { page: 'home' }],
    ['/signin', { page: 'signin' }],
    ['/@ada', { page: 'profile', handle: 'ada' }],
    ['/@ada/', { page: 'profile', handle: 'ada' }],
    ['/@%C3%A9', { page: 'profile', handle: 'é' }],
  ] as const;
  for (const [path, route] of cases) assert.deepEqual(routeOf(path), route);
});

test('other addresses are unknown, also other sites', () => {
  const others = ['', '/ada', '/@', '/@a/b', '/@%E0', '//evil.example/@ada', 'https://evil.example/@ada'];
  for (const path of others) assert.deepEqual(routeOf(path), { page: 'unknown' });
});

test('routeOf reverses pathOf', () => {
  for (const handle of ['ada', 'é ?#%']) assert.deepEqual(routeOf(pathOf(handle)), { page: 'profile', handle });
});
