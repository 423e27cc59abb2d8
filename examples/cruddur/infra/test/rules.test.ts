/** cdk-nag in every variant; cfn-lint follows over the templates that this leaves behind. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';

import { avatarsApp } from '../lib/app.ts';
import { readSettings } from '../lib/settings.ts';
import { assembly, REQUIRED, type Variant, VARIANTS } from './variants.ts';
import { zips } from './function-packages.ts';

for (const variant of Object.keys(VARIANTS) as Variant[]) {
  test(`no rule is broken without a reason: ${variant}`, () => {
    assembly(variant);
  });
}

test('a bucket that nobody has accepted fails the synthesis', () => {
  const app = avatarsApp(readSettings(REQUIRED, zips()));
  new Bucket(new Stack(app, 'Other'), 'Bucket');
  assert.throws(() => app.synth(), /Validation failed/);
  // CDK sets it, for the command line.
  process.exitCode = 0;
});
