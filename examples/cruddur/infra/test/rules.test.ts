/** Runs cdk-nag on every variant. `make test-infra` then runs cfn-lint on the same templates. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';

import { avatarsApp } from '../lib/app.ts';
import { readSettings } from '../lib/settings.ts';
import { assembly, REQUIRED, type Variant, VARIANTS } from './variants.ts';
import { functionPackages } from './function-packages.ts';

for (const variant of Object.keys(VARIANTS) as Variant[]) {
  test(`every cdk-nag finding is acknowledged: ${variant}`, () => {
    assembly(variant);
  });
}

test('a finding that is not acknowledged fails the synthesis', () => {
  const app = avatarsApp(readSettings(REQUIRED, functionPackages()));
  new Bucket(new Stack(app, 'Other'), 'Bucket');
  assert.throws(() => app.synth(), /Validation failed/);
  // CDK sets the exit code of this process.
  process.exitCode = 0;
});
