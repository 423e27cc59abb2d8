import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  codeOfXml, Refused, SessionEnded, textOf, textOfChallenge, textOfRefusal, Told, Unreachable,
} from '../src/errors.ts';

const refused = (status: number, code?: string, message?: string) =>
  new Refused(status, { ...(code !== undefined && { code }), ...(message !== undefined && { message }) });

test('each error says what happened or what to do', () => {
  const cases = [
    [refused(400, 'NotAuthorizedException', 'Incorrect username or password.'), /username or the password is wrong/],
    [refused(400, 'NotAuthorizedException', 'Password attempts exceeded'), /Too many attempts/],
    [refused(400, 'UserNotConfirmedException'), /not confirmed/],
    [refused(404, 'unknown_user'), /no profile here/],
    [refused(400, 'EntityTooLarge'), /too large/],
    [refused(413), /too large/],
    [refused(403, 'AccessDenied'), /expired/],
    [refused(429), /Wait a moment/],
    [refused(503, 'database_unavailable', 'no pool'), /try again in a moment/],
    [refused(400, 'invalid_profile', 'the name is empty'), /^The name is empty\.$/],
    [new Unreachable('x'), /no connection/],
    [new SessionEnded(), /^Your session has ended\. Sign in again\.$/],
    [new Told('Do this.'), /^Do this\.$/],
  ] as const;
  for (const [error, text] of cases) assert.match(textOf(error), text);
});

test('a code or a message of the machine is never shown alone', () => {
  const strange = [refused(418, 'teapot', 'TEAPOT'), refused(400), refused(400, 'toString'), new Error('x is undefined'), 'x', null];
  for (const error of strange) assert.match(textOf(error), /^[A-Z].{20,}\.$/);
  for (const code of ['malformed', 'unsupported', 'limit_exceeded', 'too_large', 'empty', 'internal', 'constructor']) {
    assert.match(textOfRefusal(code), /^(This|No|The) .*\.$/);
  }
});

test('a challenge says what to do instead', () => {
  assert.match(textOfChallenge('NEW_PASSWORD_REQUIRED'), /new password.*Ask/);
  for (const other of ['SOFTWARE_TOKEN_MFA', '']) assert.match(textOfChallenge(other), /second step.*Ask/);
});

test("the code is read out of S3's XML, and out of nothing else", () => {
  assert.equal(codeOfXml('<?xml version="1.0"?>\n<Error><Code>EntityTooLarge</Code><Message>m</Message></Error>'), 'EntityTooLarge');
  for (const other of ['', '<html></html>', '<Code><b>x</b></Code>']) assert.equal(codeOfXml(other), '');
});
