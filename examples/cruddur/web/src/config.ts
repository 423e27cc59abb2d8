/** Where everything is; asked for once. */

import { requestJson } from './http.ts';
import type { Config } from './types.ts';

let asked: Promise<Config> | undefined;

export function config(): Promise<Config> {
  asked ??= requestJson<Config>('/api/config').catch((error: unknown) => {
    asked = undefined;
    throw error;
  });
  return asked;
}
