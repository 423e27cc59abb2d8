import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseEnv } from 'node:util';

import { readSettings, SettingsError } from '../lib/settings.ts';
import { REQUIRED } from './variants.ts';

/** The problems that readSettings reports for the required settings with these changes. */
function problems(changes: Record<string, string | undefined>): readonly string[] {
  try {
    readSettings({ ...REQUIRED, ...changes }, '/zips');
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.problems;
  }
  return [];
}

test('the variables of the original, the user pool and the origins are enough', () => {
  const settings = readSettings(REQUIRED, '/zips');
  assert.equal(settings.functionPath, '/zips');
  assert.equal(settings.assetsBucketExists, false);
  assert.equal(settings.uploadsExpireDays, 30);
  assert.equal(settings.uploadsPerHour, 20);
  assert.deepEqual(settings.clientIds, ['app1', 'app2']);
  assert.equal(settings.domain, undefined);
});

test('.env.example is valid, with and without its optional lines', () => {
  const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  assert.doesNotThrow(() => readSettings(parseEnv(example), '/zips'));
  const all = { ...parseEnv(example.replace(/^#(?=\w+=)/gm, '')), AWS_REGION: 'eu-central-1' };
  assert.equal(readSettings(all, '/zips').domain?.apiName, 'upload.example.com');
});

test('every missing variable is reported in one error', () => {
  const names = Object.keys(REQUIRED);
  const nothing = Object.fromEntries(names.map((name) => [name, undefined]));
  const missing = problems(nothing);
  assert.deepEqual(missing.map((problem) => problem.split(' ')[0]).sort(), names.sort());
  assert.ok(missing.every((problem) => problem.includes('is not set')));
});

test('leading and trailing slashes of a folder are removed', () => {
  const settings = readSettings({ ...REQUIRED, THUMBING_S3_FOLDER_INPUT: '/in/' }, '/zips');
  assert.equal(settings.folderInput, 'in');
});

test('an invalid value is reported with the name of its variable', () => {
  const cases: [string, string][] = [
    ['UPLOADS_BUCKET_NAME', 'Uploads'],
    ['UPLOADS_BUCKET_NAME', 'a..b'],
    ['ASSETS_BUCKET_NAME', 'a'],
    ['ASSETS_BUCKET_NAME', 'cruddur-uploads'],
    ['ASSETS_BUCKET_EXISTS', 'yes'],
    ['THUMBING_S3_FOLDER_INPUT', '/'],
    ['THUMBING_S3_FOLDER_INPUT', 'a b'],
    ['THUMBING_S3_FOLDER_INPUT', 'refused/in'],
    ['THUMBING_S3_FOLDER_INPUT', 'permits'],
    ['UPLOADS_PER_HOUR', '0'],
    ['UPLOADS_PER_HOUR', 'many'],
    ['THUMBING_S3_FOLDER_OUTPUT', '../avatars'],
    ['THUMBING_WEBHOOK_URL', 'api.example.com'],
    ['THUMBING_WEBHOOK_URL', 'http://api.example.com/webhooks/avatar'],
    ['THUMBING_WEBHOOK_URL', 'ftp://127.0.0.1/'],
    ['THUMBING_TOPIC_NAME', 'cruddur.avatars'],
    ['USER_POOL_ID', 'AbC123'],
    ['CLIENT_ID', 'app1;app2'],
    ['CLIENT_ID', ' , '],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://example.com/'],
    ['CORS_ORIGINS', 'https://example.com,example.org'],
    ['UPLOADS_EXPIRE_DAYS', '14'],
    ['UPLOADS_EXPIRE_DAYS', 'never'],
    ['ALARM_EMAIL', 'ops'],
    ['DOMAIN_NAME', 'https://example.com'],
    ['HOSTED_ZONE_ID', '/hostedzone/Z1'],
  ];
  for (const [name, value] of cases) {
    const domain =
      name === 'HOSTED_ZONE_ID' ? { DOMAIN_NAME: 'example.com', AWS_REGION: 'us-east-1' } : {};
    const zone = name === 'DOMAIN_NAME' ? { HOSTED_ZONE_ID: 'Z1', AWS_REGION: 'us-east-1' } : {};
    const found = problems({ ...domain, ...zone, [name]: value });
    assert.equal(found.length, 1, `${name}=${value}: ${found.join('; ')}`);
    assert.ok(found[0]!.startsWith(name), found[0]);
  }
});

test('a webhook without TLS is accepted on loopback', () => {
  for (const host of ['127.0.0.1:4567', 'localhost', '[::1]:80']) {
    assert.deepEqual(
      problems({ THUMBING_WEBHOOK_URL: `http://${host}/webhooks/avatar` }),
      [],
      host,
    );
  }
});

test('a domain needs a hosted zone or certificates', () => {
  const found = problems({ DOMAIN_NAME: 'example.com', AWS_REGION: 'us-east-1' });
  assert.match(found.join(), /HOSTED_ZONE_ID is not set/);
});

test('API_DOMAIN_NAME without DOMAIN_NAME is refused', () => {
  assert.match(problems({ API_DOMAIN_NAME: 'api.example.com' }).join(), /DOMAIN_NAME is not set/);
});

test("the certificate of CloudFront must be in us-east-1", () => {
  const arn = (region: string) => `arn:aws:acm:${region}:123456789012:certificate/0`;
  const domain = { DOMAIN_NAME: 'example.com', API_CERTIFICATE_ARN: arn('eu-central-1') };
  assert.deepEqual(problems({ ...domain, ASSETS_CERTIFICATE_ARN: arn('us-east-1') }), []);
  assert.match(
    problems({ ...domain, ASSETS_CERTIFICATE_ARN: arn('eu-central-1') }).join(),
    /^ASSETS_CERTIFICATE_ARN/,
  );
});

test('a hosted zone without a region is refused', () => {
  const domain = { DOMAIN_NAME: 'example.com', HOSTED_ZONE_ID: 'Z1' };
  assert.match(problems(domain).join(), /AWS_REGION is not set/);
});
