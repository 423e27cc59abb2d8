/** Everything that can go wrong, as a person understands it: what happened, and what to do next. */

import type { Problem } from './types.ts';

/** A server said no. */
export class Refused extends Error {
  override name = 'Refused';
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.message ?? `status ${status}`);
  }

  get code(): string {
    return this.problem.code ?? '';
  }
}

/** No server answered. */
export class Unreachable extends Error {
  override name = 'Unreachable';
}

/** Nobody is signed in any more. */
export class SessionEnded extends Error {
  override name = 'SessionEnded';
}

/** A sentence that a person can be shown as it is. */
export class Told extends Error {
  override name = 'Told';
}

export const SESSION_ENDED = 'Your session has ended. Sign in again.';

const BY_CODE: Record<string, string> = {
  // The backend, the upload API.
  unknown_handle: 'There is nobody by this name here.',
  unknown_user: 'Your account has no profile here yet. Ask whoever runs this site to add it.',
  invalid_length: 'This photo is too large, or empty. Choose another one.',
  unsupported_extension: 'This kind of file cannot be sent. Choose a JPEG, PNG, WebP, GIF or BMP.',
  // The uploads bucket.
  EntityTooLarge: 'This photo is too large. Choose a smaller one.',
  EntityTooSmall: 'This file is empty. Choose another one.',
  RequestTimeout: 'The upload was interrupted. Save again to repeat it.',
  SlowDown: 'Too many people are uploading just now. Wait a moment and save again.',
  BadDigest: 'The photo was damaged on its way. Save again to repeat the upload.',
  XAmzContentChecksumMismatch: 'The photo was damaged on its way. Save again to repeat the upload.',
  AccessDenied: 'The permission to upload has expired. Save again to get a new one.',
  SignatureDoesNotMatch: 'The photo changed on its way. Save again to repeat the upload.',
  // Cognito.
  NotAuthorizedException: 'The username or the password is wrong.',
  UserNotFoundException: 'The username or the password is wrong.',
  InvalidParameterException: 'Enter your username and your password.',
  UserNotConfirmedException: 'This account is not confirmed yet. Open the link in the mail you were sent, then sign in.',
  PasswordResetRequiredException: 'Your password has to be reset. Ask whoever runs this site for a new one.',
  TooManyRequestsException: 'Too many attempts. Wait a minute and try again.',
  LimitExceededException: 'Too many attempts. Wait a minute and try again.',
};

/** Why process refused an upload. */
const BY_REFUSAL: Record<string, string> = {
  malformed: 'This file is damaged, or is not a photo. Choose another one.',
  unsupported: 'This file cannot be read as a photo, whatever its name says. Choose a JPEG or PNG.',
  limit_exceeded: 'This photo has too many pixels. Choose a smaller one.',
  too_large: 'This photo is too large. Choose a smaller one.',
  empty: 'This file is empty. Choose another one.',
  gone: 'The photo was removed before it could be read. Save again to repeat the upload.',
};

const CHALLENGES: Record<string, string> = {
  NEW_PASSWORD_REQUIRED:
    'You have to choose a new password before you can sign in, which this page cannot do. ' +
    'Ask whoever runs this site to set one for you.',
};

/** The sentence for whatever was thrown. */
export function textOf(error: unknown): string {
  if (error instanceof Told) return error.message;
  if (error instanceof SessionEnded) return SESSION_ENDED;
  if (error instanceof Unreachable) {
    return 'There is no connection. Nothing is lost: check it and try again.';
  }
  if (error instanceof Refused) return ofRefused(error);
  return 'Something went wrong on this page. Try again, or reload it.';
}

function ofRefused({ status, code, problem }: Refused): string {
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (code === 'NotAuthorizedException' && /attempts exceeded/i.test(problem.message ?? '')) {
    return BY_CODE.TooManyRequestsException as string;
  }
  if (known) return known;
  if (status === 413) return BY_CODE.EntityTooLarge as string;
  if (status === 429) return 'Too many requests just now. Wait a moment and try again.';
  if (status >= 500) return 'The server cannot answer just now. Nothing is lost: try again in a moment.';
  if (code.startsWith('invalid_') && problem.message) return sentence(problem.message);
  return 'This was refused, and the reason is not known here. Reload the page and try again.';
}

/** The sentence for an upload that process refused. */
export function textOfRefusal(code: string): string {
  const known = Object.hasOwn(BY_REFUSAL, code) ? BY_REFUSAL[code] : undefined;
  return known ?? 'No picture could be made of this photo. Choose another one.';
}

/** The sentence for a challenge that the sign-in page cannot meet. */
export function textOfChallenge(name: string): string {
  return (
    CHALLENGES[name] ??
    'Your account asks for a second step (such as a code), which this page cannot do. ' +
      'Ask whoever runs this site for an account without it.'
  );
}

/** The code in S3's XML. */
export function codeOfXml(xml: string): string {
  return /<Code>\s*([A-Za-z]+)\s*<\/Code>/.exec(xml)?.[1] ?? '';
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
