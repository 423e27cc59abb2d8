/** Calls of the backend and of the upload API. */

import { config } from './config.ts';
import { request, requestJson } from './http.ts';
import { withToken } from './session.ts';
import type { ProfileUpdate, Me, SignedUpload, Profile, UploadRequest } from './types.ts';

export function profile(handle: string, signal?: AbortSignal): Promise<Profile> {
  return requestJson(`/api/profile/${encodeURIComponent(handle)}`, signal ? { signal } : {});
}

export function me(): Promise<Me> {
  return withToken((token) => requestJson('/api/me', { headers: bearer(token) }));
}

export function update(changes: ProfileUpdate): Promise<Profile> {
  return withToken((token) => requestJson('/api/profile/update', json('PUT', token, changes)));
}

export async function requestUpload(upload: UploadRequest): Promise<SignedUpload> {
  const { upload_api } = await config();
  return withToken((token) => requestJson(`${upload_api}/avatars/key_upload`, json('POST', token, upload)));
}

/** Asks for the removal of the picture. It is complete when the profile has no avatar. */
export async function removeAvatar(): Promise<void> {
  const { upload_api } = await config();
  const remove = (token: string) => request(`${upload_api}/avatars`, { method: 'DELETE', headers: bearer(token) });
  await withToken(remove);
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function json(method: string, token: string, body: object): RequestInit {
  return {
    method,
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
