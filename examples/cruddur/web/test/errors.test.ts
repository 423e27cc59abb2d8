import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  s3ErrorCode, HttpError, SessionExpired, messageFor, challengeMessage, refusalMessage, UserError, NetworkError,
} from '../src/errors.ts';

const httpError = (status: number, code?: string, message?: string) =>
  new HttpError(status, { ...(code !== undefined && { code }), ...(message !== undefined && { message }) });

test('each error has a message that says what happened or what to do', () => {
  const cases = [
    [httpError(400, 'NotAuthorizedException', 'Incorrect username or password.'), /username or the password is wrong/],
    [httpError(400, 'NotAuthorizedException', 'Password attempts exceeded'), /Too many attempts/],
    [httpError(400, 'UserNotConfirmedException'), /not confirmed/],
    [httpError(404, 'unknown_user'), /no profile yet/],
    [httpError(400, 'EntityTooLarge'), /too large/],
    [httpError(413), /too large/],
    [httpError(403, 'AccessDenied'), /expired/],
    [httpError(429), /Wait a moment/],
    [new HttpError(429, { code: 'quota_exceeded', retry_after: 61 }), /too often.*try again in 2 minutes\.$/],
    [new HttpError(429, { code: 'quota_exceeded', retry_after: 5 }), /try again in one minute\.$/],
    [new HttpError(429, { code: 'quota_exceeded' }), /try again in 60 minutes\.$/],
    [httpError(503, 'database_unavailable', 'no pool'), /try again in a moment/],
    [httpError(400, 'invalid_profile', 'the name is empty'), /^The name is empty\.$/],
    [new NetworkError('x'), /no connection/],
    [new SessionExpired(), /^Your session has ended\. Sign in again\.$/],
    [new UserError('Do this.'), /^Do this\.$/],
  ] as const;
  for (const [error, text] of cases) assert.match(messageFor(error), text);
});

test('an unknown code or internal message is never shown', () => {
  const strange = [httpError(418, 'teapot', 'TEAPOT'), httpError(400), httpError(400, 'toString'), new Error('x is undefined'), 'x', null];
  for (const error of strange) assert.match(messageFor(error), /^[A-Z].{20,}\.$/);
  for (const code of ['malformed', 'unsupported', 'limit_exceeded', 'too_large', 'empty', 'internal', 'constructor']) {
    assert.match(refusalMessage(code), /^(This|No|The) .*\.$/);
  }
});

test('a challenge has a message that says what to do', () => {
  assert.match(challengeMessage('NEW_PASSWORD_REQUIRED'), /new password.*Ask/);
  for (const other of ['SOFTWARE_TOKEN_MFA', '']) assert.match(challengeMessage(other), /second step.*Ask/);
});

test("s3ErrorCode reads the code of an XML error, and of nothing else", () => {
  assert.equal(s3ErrorCode('<?xml version="1.0"?>\n<Error><Code>EntityTooLarge</Code><Message>m</Message></Error>'), 'EntityTooLarge');
  for (const other of ['', '<html></html>', '<Code><b>x</b></Code>']) assert.equal(s3ErrorCode(other), '');
});
