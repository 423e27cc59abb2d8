/** The configuration of the page. It is fetched once. */

import { requestJson } from './http.ts';
import type { Config } from './types.ts';

let pending: Promise<Config> | undefined;

export function config(): Promise<Config> {
  pending ??= requestJson<Config>('/api/config').catch((error: unknown) => {
    pending = undefined;
    throw error;
  });
  return pending;
}
