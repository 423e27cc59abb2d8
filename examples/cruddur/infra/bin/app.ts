/** `cdk synth` and `cdk deploy` start here. */

import { fileURLToPath } from 'node:url';

import { avatarsApp } from '../lib/app.ts';
import { readSettings } from '../lib/settings.ts';

/** Where `make lambda functions` writes. */
const ZIPS = fileURLToPath(new URL('../../../../dist', import.meta.url));

try {
  avatarsApp(readSettings(process.env, ZIPS)).synth();
} catch (error) {
  // What the user can mend needs no stack trace.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
