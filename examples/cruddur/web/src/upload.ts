/** One photo to the uploads bucket, exactly as was permitted. */

import type { Rendered } from 'roundel';

import * as api from './api.ts';
import { hexToBase64 } from './encoding.ts';
import { codeOfXml, Refused, Told, Unreachable } from './errors.ts';
import { extensionOf, megabytes, mostBytes } from './original-file.ts';
import type { Permit, Wish } from './types.ts';

export interface Upload {
  body: Blob;
  wish: Wish;
}

/** What `<roundel-picker>` has made: the permit is for these bytes and no others. */
export function ofRendered({ avatars }: Rendered): Upload {
  const [avatar] = avatars;
  if (!avatar) throw new TypeError('the picker makes one size');
  const { blob, digest, extension } = avatar;
  return {
    body: blob,
    wish: { extension, content_length: blob.size, checksum_sha256: hexToBase64(digest) },
  };
}

/** A file as it is. @throws {Told} for a kind that would be refused */
export function ofOriginal(file: File): Upload {
  return { body: file, wish: { extension: extensionOf(file) } };
}

/** Sends it, and gives the key that a refusal would name. */
export async function send(
  { body, wish }: Upload,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const permit = await api.permit(wish);
    signal.throwIfAborted();
    try {
      await transfer(permit, body, onProgress, signal);
      return permit.key;
    } catch (error) {
      // A permit lives for five minutes: one that was slept over is asked for again.
      const expired = error instanceof Refused && error.code === 'AccessDenied';
      if (!expired || attempt > 1) throw error;
    }
  }
}

/** XMLHttpRequest, for fetch does not tell how much it has sent. */
function transfer(
  permit: Permit,
  body: Blob,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const content = contentOf(permit, body);
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open(permit.method, permit.url);
    for (const [name, value] of headersOf(permit)) call.setRequestHeader(name, value);
    call.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    call.onload = () => {
      if (call.status >= 200 && call.status < 300) resolve();
      else reject(new Refused(call.status, { code: codeOfXml(call.responseText) }));
    };
    call.onerror = () => reject(new Unreachable(`${permit.url} did not answer`));
    call.onabort = () => reject(signal.reason);
    signal.addEventListener('abort', () => call.abort());
    call.send(content);
  });
}

function contentOf(permit: Permit, body: Blob): Blob | FormData {
  if (permit.method === 'PUT') return body;
  const most = mostBytes(permit.fields);
  if (body.size > most) {
    const sizes = `${megabytes(body.size)}, and ${megabytes(most)} is the most`;
    throw new Told(`This photo is too large: it is ${sizes}. Choose a smaller one.`);
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(permit.fields)) form.append(name, value);
  form.append('file', body);
  return form;
}

/** A page may not set its request's length: the browser does, to the same value. */
function headersOf(permit: Permit): [string, string][] {
  if (permit.method === 'POST') return [];
  return Object.entries(permit.headers).filter(([name]) => !/^(?:content-length|host)$/i.test(name));
}
