/** Variants of the configuration. Their templates stay in cdk.out/tests for cfn-lint. */

import { fileURLToPath } from 'node:url';

import { Template } from 'aws-cdk-lib/assertions';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';

import { avatarsApp } from '../lib/app.ts';
import { readSettings } from '../lib/settings.ts';
import { functionPackages } from './function-packages.ts';

type Environment = Record<string, string | undefined>;

/** The required variables. */
export const REQUIRED: Environment = {
  UPLOADS_BUCKET_NAME: 'cruddur-uploads',
  ASSETS_BUCKET_NAME: 'cruddur-assets',
  THUMBING_S3_FOLDER_INPUT: 'avatars/original',
  THUMBING_S3_FOLDER_OUTPUT: 'avatars',
  THUMBING_WEBHOOK_URL: 'https://api.example.com/webhooks/avatar',
  THUMBING_TOPIC_NAME: 'cruddur-avatars',
  USER_POOL_ID: 'eu-central-1_AbC123',
  CLIENT_ID: 'app1,app2',
  CORS_ORIGINS: 'https://example.com,http://localhost:3000',
};

const DOMAIN = { DOMAIN_NAME: 'example.com', HOSTED_ZONE_ID: 'Z0123456789ABC' };
const ARN = 'arn:aws:acm:us-east-1:123456789012:certificate/0';

export const VARIANTS = {
  plain: {},
  imported: { ASSETS_BUCKET_EXISTS: 'true' },
  alarms: { ALARM_EMAIL: 'ops@example.com' },
  domain: { ...DOMAIN, AWS_REGION: 'us-east-1' },
  elsewhere: { ...DOMAIN, AWS_REGION: 'eu-central-1' },
  certificates: {
    DOMAIN_NAME: 'example.com',
    ASSETS_CERTIFICATE_ARN: ARN,
    API_CERTIFICATE_ARN: ARN,
  },
} satisfies Record<string, Environment>;

export type Variant = keyof typeof VARIANTS;

const ZIPS = functionPackages();
const synthesized = new Map<Variant, CloudAssembly>();

/** The cloud assembly of this variant, as `cdk synth` creates it. */
export function assembly(variant: Variant): CloudAssembly {
  let assembly = synthesized.get(variant);
  if (!assembly) {
    const outdir = fileURLToPath(new URL(`../cdk.out/tests/${variant}`, import.meta.url));
    const settings = readSettings({ ...REQUIRED, ...VARIANTS[variant] }, ZIPS);
    assembly = avatarsApp(settings, { outdir }).synth();
    synthesized.set(variant, assembly);
  }
  return assembly;
}

/** The template of the main stack in this variant. */
export function template(variant: Variant): Template {
  return Template.fromJSON(assembly(variant).getStackByName('CruddurAvatars').template);
}
