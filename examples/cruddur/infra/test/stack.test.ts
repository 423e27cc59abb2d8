/** Properties of the synthesized template. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Match } from 'aws-cdk-lib/assertions';

import { assembly, template, type Variant, VARIANTS } from './variants.ts';

const plain = template('plain');

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

/** The permissions of the role of a function: `action on resource`, sorted. */
function permissionsOf(program: string): string[] {
  const policies = Object.entries(plain.findResources('AWS::IAM::Policy'));
  const [, policy] = policies.find(([id]) => id.includes(`${program}Role`))!;
  const statements: Statement[] = policy.Properties.PolicyDocument.Statement;
  return statements.flatMap(grants).sort();
}

function grants({ Effect, Action, Resource }: Statement): string[] {
  assert.equal(Effect, 'Allow');
  const resources = Array.isArray(Resource) ? Resource : [Resource];
  return [Action]
    .flat()
    .flatMap((action) => resources.map((resource) => `${action} on ${shortName(resource)}`));
}

/** A short name of a resource: the end of its ARN, or its logical id without the hash. */
function shortName(resource: any): string {
  const joined = resource['Fn::Join']?.[1]
    .filter((part: unknown) => typeof part === 'string')
    .join('');
  return (
    joined?.replace('arn::s3:::', '') ??
    (resource.Ref ?? resource['Fn::GetAtt'][0]).replace(/[0-9A-F]{8}$/, '')
  );
}

function environmentOf(program: string): Record<string, unknown> {
  const functions = Object.entries(plain.findResources('AWS::Lambda::Function'));
  return functions.find(([id]) => id.includes(`Functions${program}`))![1].Properties.Environment
    .Variables;
}

test('process may only read uploads, write avatars and refusals, delete these, and tell the app and the caches', () => {
  assert.deepEqual(permissionsOf('Process'), [
    'cloudfront:CreateInvalidation on arn::cloudfront:::distribution/',
    'logs:CreateLogStream on AvatarsFunctionsProcessLogs',
    'logs:PutLogEvents on AvatarsFunctionsProcessLogs',
    's3:DeleteObject on cruddur-assets/avatars/*',
    's3:DeleteObject on cruddur-uploads/avatars/original/*',
    's3:DeleteObject on cruddur-uploads/refused/*',
    's3:GetObject on cruddur-assets/avatars/*',
    's3:GetObject on cruddur-uploads/avatars/original/*',
    's3:GetObject on cruddur-uploads/permits/*',
    's3:ListBucket on cruddur-assets',
    's3:ListBucket on cruddur-uploads',
    's3:PutObject on cruddur-assets/avatars/*',
    's3:PutObject on cruddur-uploads/permits/*',
    's3:PutObject on cruddur-uploads/refused/*',
    's3:PutObjectTagging on cruddur-assets/avatars/*',
    'sns:Publish on AvatarsNoticesTopic',
    'sqs:SendMessage on AvatarsFunctionsDeadLetters',
  ]);
});

test('presign may only put uploads and count them, authorizer may only write its log', () => {
  assert.deepEqual(permissionsOf('Presign'), [
    'dynamodb:UpdateItem on AvatarsQuotaTable',
    'logs:CreateLogStream on AvatarsFunctionsPresignLogs',
    'logs:PutLogEvents on AvatarsFunctionsPresignLogs',
    's3:PutObject on cruddur-uploads/avatars/original/*',
  ]);
  assert.deepEqual(permissionsOf('Authorizer'), [
    'logs:CreateLogStream on AvatarsFunctionsAuthorizerLogs',
    'logs:PutLogEvents on AvatarsFunctionsAuthorizerLogs',
  ]);
});

test('each function gets the environment variables that it reads', () => {
  const { NOTICE_TOPIC_ARN, DISTRIBUTION_ID, ...process } = environmentOf('Process');
  assert.deepEqual(process, {
    DEST_BUCKET_NAME: 'cruddur-assets',
    UPLOADS_BUCKET_NAME: 'cruddur-uploads',
    FOLDER_INPUT: 'avatars/original',
    FOLDER_OUTPUT: 'avatars',
    FOLDER_REFUSED: 'refused',
    FOLDER_PERMITS: 'permits',
    PROCESS_WIDTH: '512',
    PROCESS_HEIGHT: '512',
    MAX_UPLOAD_BYTES: '20971520',
  });
  assert.match(shortName(NOTICE_TOPIC_ARN), /Topic$/);
  assert.match(shortName(DISTRIBUTION_ID), /Distribution$/);
  const { QUOTA_TABLE_NAME, ...presign } = environmentOf('Presign');
  assert.match(shortName(QUOTA_TABLE_NAME), /QuotaTable$/);
  assert.deepEqual(presign, {
    UPLOADS_BUCKET_NAME: 'cruddur-uploads',
    FOLDER_INPUT: 'avatars/original',
    MAX_UPLOAD_BYTES: '20971520',
    CORS_ORIGINS: 'https://example.com,http://localhost:3000',
    UPLOADS_PER_HOUR: '20',
  });
  assert.deepEqual(environmentOf('Authorizer'), {
    USER_POOL_ID: 'eu-central-1_AbC123',
    CLIENT_ID: 'app1,app2',
  });
});

test('the functions run on provided.al2023, with the architecture of their zip', () => {
  plain.allResourcesProperties('AWS::Lambda::Function', {
    Runtime: 'provided.al2023',
    Handler: 'bootstrap',
    Architectures: ['x86_64'],
  });
  plain.resourceCountIs('AWS::Lambda::Function', 3);
});

test('both buckets block public access', () => {
  const all = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };
  plain.allResourcesProperties('AWS::S3::Bucket', { PublicAccessBlockConfiguration: all });
  plain.resourceCountIs('AWS::S3::Bucket', 2);
});

test('uploads are accepted from the origins of the app, and expire', () => {
  plain.hasResource('AWS::S3::Bucket', {
    DeletionPolicy: 'Delete',
    Properties: {
      BucketName: 'cruddur-uploads',
      CorsConfiguration: {
        CorsRules: [
          Match.objectLike({
            AllowedMethods: ['POST', 'PUT'],
            AllowedHeaders: ['content-type', 'if-none-match', 'x-amz-checksum-sha256'],
            AllowedOrigins: ['https://example.com', 'http://localhost:3000'],
          }),
        ],
      },
      LifecycleConfiguration: {
        Rules: Match.arrayWith([
          { Id: 'uploads', Prefix: 'avatars/original/', ExpirationInDays: 30, Status: 'Enabled' },
          { Id: 'refusals', Prefix: 'refused/', ExpirationInDays: 90, Status: 'Enabled' },
          { Id: 'permits', Prefix: 'permits/', ExpirationInDays: 30, Status: 'Enabled' },
        ]),
      },
    },
  });
});

test('an upload invokes process, and only the bucket of this account may invoke it', () => {
  plain.hasResource('AWS::S3::Bucket', {
    DependsOn: [Match.stringLikeRegexp('MayInvoke')],
    Properties: {
      NotificationConfiguration: {
        LambdaConfigurations: [
          {
            Event: 's3:ObjectCreated:*',
            Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'avatars/original/' }] } },
            Function: { 'Fn::GetAtt': [Match.stringLikeRegexp('Process'), 'Arn'] },
          },
        ],
      },
    },
  });
  plain.hasResourceProperties('AWS::Lambda::Permission', {
    Principal: 's3.amazonaws.com',
    SourceArn: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::cruddur-uploads']] },
    SourceAccount: { Ref: 'AWS::AccountId' },
  });
});

test('a new avatar sends one event to the topic, and the bucket outlives the stack', () => {
  plain.hasResource('AWS::S3::Bucket', {
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      BucketName: 'cruddur-assets',
      NotificationConfiguration: {
        TopicConfigurations: [
          {
            Event: 's3:ObjectCreated:*',
            Filter: {
              S3Key: {
                Rules: [
                  { Name: 'prefix', Value: 'avatars/' },
                  { Name: 'suffix', Value: '/latest.json' },
                ],
              },
            },
            Topic: { Ref: Match.stringLikeRegexp('Topic') },
          },
        ],
      },
    },
  });
});

test('replaced avatars and records of removals expire, the records later than dead letters', () => {
  const rule = (value: string, days: number) => ({
    Id: value,
    Prefix: 'avatars/',
    TagFilters: [{ Key: 'expiry', Value: value }],
    ExpirationInDays: days,
    Status: 'Enabled',
  });
  plain.hasResourceProperties('AWS::S3::Bucket', {
    BucketName: 'cruddur-assets',
    LifecycleConfiguration: { Rules: Match.arrayWith([rule('replaced', 1), rule('removed', 30)]) },
  });
});

test('no cache of the distribution keeps an object for longer than a day', () => {
  plain.hasResourceProperties('AWS::CloudFront::CachePolicy', {
    CachePolicyConfig: Match.objectLike({ MinTTL: 0, DefaultTTL: 60, MaxTTL: 86_400 }),
  });
  plain.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: {
      DefaultCacheBehavior: { CachePolicyId: { Ref: Match.stringLikeRegexp('Cache') } },
    },
  });
});

test('messages to the webhook are signed with SHA-256, and a queue keeps undelivered ones', () => {
  plain.hasResourceProperties('AWS::SNS::Topic', {
    TopicName: 'cruddur-avatars',
    SignatureVersion: '2',
  });
  plain.hasResourceProperties('AWS::SNS::Subscription', {
    Protocol: 'https',
    Endpoint: 'https://api.example.com/webhooks/avatar',
    RawMessageDelivery: Match.absent(),
    RedrivePolicy: {
      deadLetterTargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Undelivered'), 'Arn'] },
    },
  });
});

test('the retries of the webhook stay within the hour that SNS allows', () => {
  const [subscription] = Object.values(plain.findResources('AWS::SNS::Subscription'));
  const policy = subscription!.Properties.DeliveryPolicy.healthyRetryPolicy;
  const { minDelayTarget, maxDelayTarget, numRetries, numNoDelayRetries, numMinDelayRetries } =
    policy;
  const slow = numRetries - numNoDelayRetries - numMinDelayRetries;
  assert.ok(numMinDelayRetries * minDelayTarget + slow * maxDelayTarget <= 3600);
});

test('an event that fails for good goes to a dead-letter queue with the longest retention', () => {
  plain.hasResourceProperties('AWS::Lambda::Function', {
    DeadLetterConfig: {
      TargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'Arn'] },
    },
    Environment: { Variables: Match.objectLike({ DEST_BUCKET_NAME: 'cruddur-assets' }) },
  });
  plain.allResourcesProperties('AWS::SQS::Queue', {
    MessageRetentionPeriod: 1_209_600,
    SqsManagedSseEnabled: true,
  });
});

test('presign needs a token, and the authorizer verifies it for each request', () => {
  for (const RouteKey of ['POST /avatars/key_upload', 'DELETE /avatars']) {
    plain.hasResourceProperties('AWS::ApiGatewayV2::Route', {
      RouteKey,
      AuthorizationType: 'CUSTOM',
      AuthorizerId: Match.anyValue(),
    });
  }
  plain.resourceCountIs('AWS::ApiGatewayV2::Authorizer', 1);
  plain.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
    AuthorizerPayloadFormatVersion: '2.0',
    EnableSimpleResponses: true,
    AuthorizerResultTtlInSeconds: 0,
    IdentitySource: ['$request.header.Authorization'],
  });
});

test('only OPTIONS needs no token', () => {
  const routes = Object.values(plain.findResources('AWS::ApiGatewayV2::Route')).map(
    (route) => route.Properties,
  );
  const open = routes
    .filter((route) => route.AuthorizationType !== 'CUSTOM')
    .map((route) => route.RouteKey);
  assert.deepEqual(open, ['OPTIONS /{proxy+}']);
  plain.hasResourceProperties('AWS::ApiGatewayV2::Api', {
    CorsConfiguration: {
      AllowOrigins: ['https://example.com', 'http://localhost:3000'],
      AllowMethods: ['DELETE', 'OPTIONS', 'POST'],
      AllowHeaders: ['authorization', 'content-type'],
    },
  });
});

test('the counters of the quota expire, and cost only what is used', () => {
  plain.hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Delete',
    Properties: {
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    },
  });
});

test('the access log contains the user, but neither IP addresses nor tokens', () => {
  const [stage] = Object.values(plain.findResources('AWS::ApiGatewayV2::Stage'));
  const format = stage!.Properties.AccessLogSettings.Format;
  assert.equal(JSON.parse(format).sub, '$context.authorizer.sub');
  assert.doesNotMatch(format, /sourceIp|userAgent|header|claims/i);
});

test('only the distribution may read avatars and banners, and nothing else', () => {
  plain.hasResourceProperties('AWS::CloudFront::OriginAccessControl', {
    OriginAccessControlConfig: Match.objectLike({
      SigningBehavior: 'always',
      SigningProtocol: 'sigv4',
    }),
  });
  for (const variant of ['plain', 'imported'] as const) {
    const policies = Object.values(template(variant).findResources('AWS::S3::BucketPolicy'));
    const statements = policies.flatMap((policy) => policy.Properties.PolicyDocument.Statement);
    const reads = statements.filter(({ Action }) => Action === 's3:GetObject');
    assert.deepEqual(reads.map(({ Effect }) => Effect), ['Allow', 'Deny'], variant);
    for (const { Principal, Condition } of reads) {
      assert.deepEqual(Principal, { Service: 'cloudfront.amazonaws.com' });
      assert.deepEqual(Object.keys(Condition.StringEquals), ['AWS:SourceArn']);
    }
    const folders = reads.map(({ Resource }) => [Resource].flat().map(folderOf));
    assert.deepEqual(folders, [['avatars/*', 'banners/*'], ['avatars/original/*']], variant);
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
    assert.equal(allowed.length, 1, variant);
  }
});

/** The part of the ARN of objects after the bucket. */
function folderOf(resource: any): string {
  return resource['Fn::Join'][1].at(-1).replace(/^(:s3:::cruddur-assets)?\//, '');
}

test('an object that is not a picture cannot run as a page', () => {
  plain.hasResourceProperties('AWS::CloudFront::ResponseHeadersPolicy', {
    ResponseHeadersPolicyConfig: {
      SecurityHeadersConfig: {
        ContentSecurityPolicy: {
          ContentSecurityPolicy: "default-src 'none'; sandbox",
          Override: true,
        },
        ContentTypeOptions: { Override: true },
        FrameOptions: { FrameOption: 'DENY' },
        StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000 },
      },
    },
  });
});

test('every log expires after 30 days', () => {
  plain.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  plain.resourceCountIs('AWS::Logs::LogGroup', 4);
});

test('errors, throttles, dead letters and 5xx responses raise an alarm', () => {
  const alarms = Object.values(plain.findResources('AWS::CloudWatch::Alarm')).map(
    (alarm) => alarm.Properties,
  );
  const count = (metric: string) => alarms.filter((alarm) => alarm.MetricName === metric).length;
  assert.deepEqual(
    ['Errors', 'Throttles', 'ApproximateNumberOfMessagesVisible', '5xx'].map(count),
    [3, 3, 2, 1],
  );
  assert.ok(alarms.every((alarm) => alarm.AlarmActions === undefined));
  template('alarms').allResourcesProperties('AWS::CloudWatch::Alarm', {
    AlarmActions: [Match.anyValue()],
  });
  template('alarms').hasResourceProperties('AWS::SNS::Subscription', {
    Protocol: 'email',
    Endpoint: 'ops@example.com',
  });
});

test('a key set that cannot be renewed raises an alarm, although the authorizer does not fail', () => {
  plain.hasResourceProperties('AWS::Logs::MetricFilter', {
    LogGroupName: { Ref: Match.stringLikeRegexp('AuthorizerLogs') },
    FilterPattern: '{ $.alarm = "key_set" }',
    MetricTransformations: [Match.objectLike({ MetricName: 'CruddurAvatars-KeySetFailures' })],
  });
  plain.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'CruddurAvatars-KeySetFailures',
    Statistic: 'Sum',
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  });
});

test('notices that reach no webhook raise an alarm, because no queue keeps them without a subscription', () => {
  const metric = (name: string) =>
    Match.objectLike({ MetricStat: Match.objectLike({ Metric: Match.objectLike({ MetricName: name }), Period: 3600, Stat: 'Sum' }) });
  plain.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Metrics: Match.arrayWith([
      Match.objectLike({ Expression: 'IF(FILL(published, 0) > 0 AND FILL(delivered, 0) < 1, 1, 0)' }),
      metric('NumberOfMessagesPublished'),
      metric('NumberOfNotificationsDelivered'),
    ]),
  });
});

test('the runbook in the README has an entry for each alarm', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const alarms = Object.keys(plain.findResources('AWS::CloudWatch::Alarm'));
  const names = alarms.map((id) => id.replace(/^AvatarsAlarms/, '').replace(/[0-9A-F]{8}$/, ''));
  assert.equal(names.length, 11);
  for (const name of names) assert.match(readme, new RegExp(`^### .*\\b${name}\\b`, 'm'), name);
});

test('without a domain there is no domain name, certificate or alias record', () => {
  for (const type of [
    'AWS::ApiGatewayV2::DomainName',
    'AWS::CertificateManager::Certificate',
    'AWS::Route53::RecordSet',
  ]) {
    plain.resourceCountIs(type, 0);
  }
});

test('a domain adds names, certificates and aliases, and disables the execute-api address', () => {
  const domain = template('domain');
  domain.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
    DomainName: 'upload.example.com',
  });
  domain.resourceCountIs('AWS::ApiGatewayV2::ApiMapping', 1);
  domain.resourceCountIs('AWS::CertificateManager::Certificate', 2);
  domain.hasResourceProperties('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: true });
  domain.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: {
      Aliases: ['assets.example.com'],
      ViewerCertificate: Match.objectLike({ MinimumProtocolVersion: 'TLSv1.2_2021' }),
    },
  });
  const records = Object.values(domain.findResources('AWS::Route53::RecordSet')).map(
    (record) => record.Properties,
  );
  assert.deepEqual(records.map((record) => `${record.Type} ${record.Name}`).sort(), [
    'A assets.example.com.',
    'A upload.example.com.',
    'AAAA assets.example.com.',
  ]);
});

test("outside us-east-1, a second stack holds the certificate of CloudFront", () => {
  const certificate = assembly('elsewhere').getStackByName('CruddurAvatarsCertificate');
  assert.equal(certificate.environment.region, 'us-east-1');
  template('elsewhere').resourceCountIs('AWS::CertificateManager::Certificate', 1);
});

test('existing certificates need no zone', () => {
  const own = template('certificates');
  own.resourceCountIs('AWS::CertificateManager::Certificate', 0);
  own.resourceCountIs('AWS::Route53::RecordSet', 0);
  own.hasOutput('ApiDomainTarget', {});
});

test('an existing bucket is not created, and only its notifications are changed', () => {
  const imported = template('imported');
  imported.resourceCountIs('AWS::S3::Bucket', 1);
  const policies = Object.entries(imported.findResources('AWS::IAM::Policy'));
  const [, notifier] = policies.find(([id]) => id.includes('Notifier'))!;
  const statements: Statement[] = notifier.Properties.PolicyDocument.Statement;
  assert.deepEqual(statements.flatMap(grants).sort(), [
    's3:GetBucketNotification on cruddur-assets',
    's3:PutBucketNotification on cruddur-assets',
  ]);
});

test('synthesis needs no lookup in an account', () => {
  for (const variant of Object.keys(VARIANTS) as Variant[]) {
    assert.equal(assembly(variant).manifest.missing, undefined, variant);
  }
});
