/** `cdk synth` and `cdk deploy` start here. */

import { fileURLToPath } from 'node:url';

import { avatarsApp } from '../lib/app.ts';
import { readSettings } from '../lib/settings.ts';

/** The folder that `make lambda functions` writes to. */
const ZIPS = fileURLToPath(new URL('../../../../dist', import.meta.url));

try {
  avatarsApp(readSettings(process.env, ZIPS)).synth();
} catch (error) {
  // The message is for the person who sets the environment, so it comes without a stack trace.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
