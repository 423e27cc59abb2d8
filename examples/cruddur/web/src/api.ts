/** The backend, and what the upload API permits. */

import { config } from './config.ts';
import { requestJson } from './http.ts';
import { withToken } from './session.ts';
import type { Changes, Me, Permit, Profile, Wish } from './types.ts';

export function profile(handle: string, signal?: AbortSignal): Promise<Profile> {
  return requestJson(`/api/profile/${encodeURIComponent(handle)}`, signal ? { signal } : {});
}

export function me(): Promise<Me> {
  return withToken((token) => requestJson('/api/me', { headers: bearer(token) }));
}

export function update(changes: Changes): Promise<Profile> {
  return withToken((token) => requestJson('/api/profile/update', json('PUT', token, changes)));
}

export async function permit(wish: Wish): Promise<Permit> {
  const { upload_api } = await config();
  return withToken((token) => requestJson(`${upload_api}/avatars/key_upload`, json('POST', token, wish)));
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
