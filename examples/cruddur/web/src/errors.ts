/** The error classes, and the messages that the page shows: what happened, and what to do next. */

import type { ErrorBody } from './types.ts';

/** A server answered with an error status. */
export class HttpError extends Error {
  override name = 'HttpError';
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message ?? `status ${status}`);
  }

  get code(): string {
    return this.body.code ?? '';
  }
}

/** The server did not answer, or the answer is incomplete. */
export class NetworkError extends Error {
  override name = 'NetworkError';
}

/** The session has expired, and the user must sign in again. */
export class SessionExpired extends Error {
  override name = 'SessionExpired';
}

/** An error whose message can be shown to the user. */
export class UserError extends Error {
  override name = 'UserError';
}

export const SESSION_EXPIRED = 'Your session has ended. Sign in again.';

const BY_CODE: Record<string, string> = {
  // The backend, the upload API.
  unknown_handle: 'No user has this name.',
  unknown_user: 'Your account has no profile yet. Ask the administrator of this site to add one.',
  invalid_length: 'This photo is too large, or empty. Choose another one.',
  unsupported_extension: 'This file type is not supported. Choose a JPEG, PNG, WebP, GIF or BMP.',
  // The uploads bucket.
  EntityTooLarge: 'This photo is too large. Choose a smaller one.',
  EntityTooSmall: 'This file is empty. Choose another one.',
  RequestTimeout: 'The upload was interrupted. Save again to repeat it.',
  SlowDown: 'There are too many uploads at the moment. Wait a moment and save again.',
  BadDigest: 'The photo was damaged during the upload. Save again to repeat the upload.',
  XAmzContentChecksumMismatch: 'The photo was damaged during the upload. Save again to repeat the upload.',
  AccessDenied: 'The permission to upload has expired. Save again to get a new one.',
  SignatureDoesNotMatch: 'The photo was changed during the upload. Save again to repeat the upload.',
  // Cognito.
  NotAuthorizedException: 'The username or the password is wrong.',
  UserNotFoundException: 'The username or the password is wrong.',
  InvalidParameterException: 'Enter your username and your password.',
  UserNotConfirmedException: 'This account is not confirmed yet. Open the link in the email that you received, then sign in.',
  PasswordResetRequiredException: 'Your password has to be reset. Ask the administrator of this site for a new one.',
  TooManyRequestsException: 'Too many attempts. Wait a minute and try again.',
  LimitExceededException: 'Too many attempts. Wait a minute and try again.',
};

/** Messages for the codes with which process refuses an upload. */
const BY_REFUSAL: Record<string, string> = {
  malformed: 'This file is damaged, or is not a photo. Choose another one.',
  unsupported: 'This file is not a photo of a supported type. Its name may be wrong. Choose a JPEG or PNG.',
  limit_exceeded: 'This photo has too many pixels. Choose a smaller one.',
  too_large: 'This photo is too large. Choose a smaller one.',
  empty: 'This file is empty. Choose another one.',
  gone: 'The photo was removed before it could be read. Save again to repeat the upload.',
};

const CHALLENGES: Record<string, string> = {
  NEW_PASSWORD_REQUIRED:
    'You have to choose a new password before you can sign in. This page does not support that. ' +
    'Ask the administrator of this site to set a new password for you.',
};

/** The message for any thrown value. */
export function messageFor(error: unknown): string {
  if (error instanceof UserError) return error.message;
  if (error instanceof SessionExpired) return SESSION_EXPIRED;
  if (error instanceof NetworkError) {
    return 'There is no connection to the server. Nothing is lost: check your network and try again.';
  }
  if (error instanceof HttpError) return httpErrorMessage(error);
  return 'Something went wrong on this page. Try again, or reload it.';
}

function httpErrorMessage({ status, code, body }: HttpError): string {
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (code === 'NotAuthorizedException' && /attempts exceeded/i.test(body.message ?? '')) {
    return BY_CODE.TooManyRequestsException as string;
  }
  if (known) return known;
  if (code === 'quota_exceeded') return quotaMessage(body.retry_after);
  if (status === 413) return BY_CODE.EntityTooLarge as string;
  if (status === 429) return 'There are too many requests at the moment. Wait a moment and try again.';
  if (status >= 500) return 'The server is not available at the moment. Nothing is lost: try again in a moment.';
  if (code.startsWith('invalid_') && body.message) return asSentence(body.message);
  return 'The server refused the request for an unknown reason. Reload the page and try again.';
}

/** The message for a user who has used the quota of an hour. */
function quotaMessage(seconds: number | undefined): string {
  const minutes = Math.max(1, Math.ceil((seconds ?? 3600) / 60));
  const wait = minutes === 1 ? 'one minute' : `${minutes} minutes`;
  return `You have changed your picture too often in a short time. Nothing is lost: try again in ${wait}.`;
}

/** The message for an upload that process refused. */
export function refusalMessage(code: string): string {
  const known = Object.hasOwn(BY_REFUSAL, code) ? BY_REFUSAL[code] : undefined;
  return known ?? 'This photo could not be processed. Choose another one.';
}

/** The message for a Cognito challenge that the sign-in page does not support. */
export function challengeMessage(name: string): string {
  return (
    CHALLENGES[name] ??
    'Your account needs a second step, such as a code. This page does not support that. ' +
      'Ask the administrator of this site for an account without it.'
  );
}

/** The error code in an XML response of S3. */
export function s3ErrorCode(xml: string): string {
  return /<Code>\s*([A-Za-z]+)\s*<\/Code>/.exec(xml)?.[1] ?? '';
}

function asSentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
