import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isStale, tokensOf } from '../src/token.ts';

const answer = (more: object = {}) => ({ AuthenticationResult: { AccessToken: 'a', ExpiresIn: 3600, ...more } });

test('a token is stale one minute before it expires', () => {
  const tokens = tokensOf(answer(), 0);
  assert.ok(tokens);
  assert.equal(tokens.expires, 3_600_000);
  assert.equal(isStale(tokens, 3_539_999), false);
  assert.equal(isStale(tokens, 3_540_000), true);
});

test('a refresh keeps the refresh token unless the response contains a new one', () => {
  const before = tokensOf(answer({ RefreshToken: 'first' }), 0) ?? undefined;
  assert.equal(tokensOf(answer(), 0, before)?.refresh, 'first');
  assert.equal(tokensOf(answer({ RefreshToken: 'second' }), 0, before)?.refresh, 'second');
});

test('a challenge contains no tokens', () => {
  assert.equal(tokensOf({ ChallengeName: 'NEW_PASSWORD_REQUIRED' }, 0), null);
});
