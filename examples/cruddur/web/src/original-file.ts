/** Checks of a photo that is sent unchanged, before the upload. */

import { UserError } from './errors.ts';

const EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'bmp'];

const BY_TYPE: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/bmp': 'bmp',
  'image/x-ms-bmp': 'bmp',
};

/** The `accept` attribute of the file input. */
export const ACCEPT = Object.keys(BY_TYPE).join();
export const TYPE_NAMES = 'JPEG, PNG, WebP, GIF or BMP';

/**
 * The file name extension for the upload API. The MIME type counts more than the name, so that a renamed
 * HEIC is still refused.
 *
 * @throws {UserError} for a file that would be refused
 */
export function extensionOf({ name, type, size }: Pick<File, 'name' | 'type' | 'size'>): string {
  if (size === 0) throw new UserError('This file is empty. Choose another one.');
  if (type) {
    const extension = Object.hasOwn(BY_TYPE, type) ? BY_TYPE[type] : undefined;
    return extension ?? refuse(type.replace(/^.*\/(?:x-)?/, ''));
  }
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return EXTENSIONS.includes(extension) ? extension : refuse(extension);
}

function refuse(kind: string): never {
  const named = /^[a-z0-9+-]{1,12}$/i.test(kind) ? ` (${kind.replace(/\+.*/, '').toUpperCase()})` : '';
  throw new UserError(`This file type${named} cannot be sent unchanged. Choose a ${TYPE_NAMES}.`);
}

/**
 * The maximum size of an upload, from the policy of the presigned form. S3 closes the connection of a larger
 * upload, which the page could not tell from a network error.
 */
export function maxUploadBytes(fields: Record<string, string>): number {
  try {
    const { conditions } = JSON.parse(atob(fields.policy ?? '')) as { conditions: unknown[] };
    const range = conditions.find((it) => Array.isArray(it) && it[0] === 'content-length-range');
    return Number((range as unknown[] | undefined)?.[2] ?? Infinity);
  } catch {
    return Infinity;
  }
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: bytes < 1e7 ? 1 : 0 })} MB`;
}
