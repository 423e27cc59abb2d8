/** Uploads one photo to the uploads bucket with a signed request. */

import type { Rendered } from 'roundel';

import * as api from './api.ts';
import { hexToBase64 } from './encoding.ts';
import { s3ErrorCode, HttpError, UserError, NetworkError } from './errors.ts';
import { extensionOf, megabytes, maxUploadBytes } from './original-file.ts';
import type { SignedUpload, UploadRequest } from './types.ts';

export interface Upload {
  body: Blob;
  request: UploadRequest;
}

/** The picture of `<roundel-picker>`. The signature is valid for exactly these bytes. */
export function uploadOfRendered({ avatars }: Rendered): Upload {
  const [avatar] = avatars;
  if (!avatar) throw new TypeError('the picker makes one size');
  const { blob, digest, extension } = avatar;
  return {
    body: blob,
    request: { extension, content_length: blob.size, checksum_sha256: hexToBase64(digest) },
  };
}

/** An unchanged file. @throws {UserError} for a type that would be refused */
export function uploadOfFile(file: File): Upload {
  return { body: file, request: { extension: extensionOf(file) } };
}

/** Uploads the photo. Returns its key. */
export async function send(
  { body, request }: Upload,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const signed = await api.requestUpload(request);
    signal.throwIfAborted();
    try {
      await transfer(signed, body, onProgress, signal);
      return signed.key;
    } catch (error) {
      // A signature is valid for five minutes. If the device slept, request a new one.
      const expired = error instanceof HttpError && error.code === 'AccessDenied';
      if (!expired || attempt > 1) throw error;
    }
  }
}

/** Sends the request. fetch reports no upload progress, so this uses XMLHttpRequest. */
function transfer(
  signed: SignedUpload,
  body: Blob,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const content = contentOf(signed, body);
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open(signed.method, signed.url);
    for (const [name, value] of headersOf(signed)) call.setRequestHeader(name, value);
    call.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    call.onload = () => {
      // A PUT is signed for one body and one object. If the object exists, the photo has arrived already.
      const arrivedBefore = signed.method === 'PUT' && call.status === 412;
      if ((call.status >= 200 && call.status < 300) || arrivedBefore) resolve();
      else reject(new HttpError(call.status, { code: s3ErrorCode(call.responseText) }));
    };
    call.onerror = () => reject(new NetworkError(`${signed.url} did not answer`));
    call.onabort = () => reject(signal.reason);
    signal.addEventListener('abort', () => call.abort());
    call.send(content);
  });
}

function contentOf(signed: SignedUpload, body: Blob): Blob | FormData {
  if (signed.method === 'PUT') return body;
  const max = maxUploadBytes(signed.fields);
  if (body.size > max) {
    const sizes = `${megabytes(body.size)}. The maximum is ${megabytes(max)}`;
    throw new UserError(`This photo is too large: ${sizes}. Choose a smaller one.`);
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(signed.fields)) form.append(name, value);
  form.append('file', body);
  return form;
}

/** The browser sets Content-Length and Host itself, and refuses to let a page set them. */
function headersOf(signed: SignedUpload): [string, string][] {
  if (signed.method === 'POST') return [];
  return Object.entries(signed.headers).filter(([name]) => !/^(?:content-length|host)$/i.test(name));
}
