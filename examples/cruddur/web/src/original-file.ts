/** A photo that is sent as it is: what is known of it before anything is sent. */

import { Told } from './errors.ts';

const EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'bmp'];

const BY_TYPE: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/bmp': 'bmp',
  'image/x-ms-bmp': 'bmp',
};

/** As a file input takes them. */
export const TYPES = Object.keys(BY_TYPE).join();
export const KINDS = 'JPEG, PNG, WebP, GIF or BMP';

/**
 * What the upload API is to be asked for. The type goes before the name, which anybody may change:
 * a HEIC stays one.
 *
 * @throws {Told} for a file that would be refused
 */
export function extensionOf({ name, type, size }: Pick<File, 'name' | 'type' | 'size'>): string {
  if (size === 0) throw new Told('This file is empty. Choose another one.');
  if (type) {
    const extension = Object.hasOwn(BY_TYPE, type) ? BY_TYPE[type] : undefined;
    return extension ?? refuse(type.replace(/^.*\/(?:x-)?/, ''));
  }
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return EXTENSIONS.includes(extension) ? extension : refuse(extension);
}

function refuse(kind: string): never {
  const named = /^[a-z0-9+-]{1,12}$/i.test(kind) ? ` (${kind.replace(/\+.*/, '').toUpperCase()})` : '';
  throw new Told(`This kind of file${named} cannot be sent as it is. Choose a ${KINDS}.`);
}

/**
 * The most bytes that a presigned form takes, as its policy says: S3 would cut a larger upload off
 * half-way, which looks like a broken line.
 */
export function mostBytes(fields: Record<string, string>): number {
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
