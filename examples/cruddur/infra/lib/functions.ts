/** The three functions process, presign and authorizer, and their permissions. */

import { Duration, Stack } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { FilterPattern, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { acknowledge } from './acknowledge.ts';
import { bucketArn } from './bucket.ts';
import { deadLetterQueue } from './dead-letter-queue.ts';
import { RustFunction } from './rust-function.ts';
import type { Notices } from './notices.ts';

/** One full vCPU. The renderer uses one thread. */
const ONE_VCPU_MB = 1769;
const SMALL_MB = 256;

export interface FunctionsProps {
  /** Folder with the zips. */
  readonly zips: string;
  readonly uploadsBucketName: string;
  readonly assetsBucketName: string;
  readonly folderInput: string;
  readonly folderOutput: string;
  readonly folderRefused: string;
  readonly folderPermits: string;
  readonly maxUploadBytes: number;
  /** Counts the uploads and removals of each user. */
  readonly quota: ITable;
  /** Uploads of one user in an hour, and as many removals. */
  readonly uploadsPerHour: number;
  readonly origins: string[];
  readonly userPoolId: string;
  readonly clientIds: string[];
  readonly notices: Notices;
  /** Its caches drop the avatar of a user when it is removed. */
  readonly distribution: IDistribution;
  readonly logRetention: RetentionDays;
}

export class Functions extends Construct {
  readonly process: RustFunction;
  readonly presign: RustFunction;
  readonly authorizer: RustFunction;
  /** S3 events of uploads that failed in every attempt. */
  readonly deadLetters: Queue;
  /** Counts the failed renewals of the keys of the user pool. */
  readonly keySetFailures: Metric;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: FunctionsProps,
  ) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters');
    this.process = this.createProcess();
    this.presign = this.createPresign();
    this.authorizer = this.createAuthorizer();
    this.keySetFailures = this.countKeySetFailures();
  }

  private createProcess(): RustFunction {
    const { zips, logRetention, uploadsBucketName, assetsBucketName, notices } = this.props;
    const { folderInput, folderOutput, folderRefused, folderPermits, distribution } = this.props;
    const process = new RustFunction(this, 'Process', {
      zips,
      logRetention,
      binary: 'process',
      description: 'Renders avatars of an upload and publishes a notice',
      memorySize: ONE_VCPU_MB,
      timeout: Duration.seconds(60),
      deadLetterQueue: this.deadLetters,
      environment: {
        DEST_BUCKET_NAME: assetsBucketName,
        UPLOADS_BUCKET_NAME: uploadsBucketName,
        FOLDER_INPUT: folderInput,
        FOLDER_OUTPUT: folderOutput,
        FOLDER_REFUSED: folderRefused,
        FOLDER_PERMITS: folderPermits,
        PROCESS_WIDTH: '512',
        PROCESS_HEIGHT: '512',
        MAX_UPLOAD_BYTES: String(this.props.maxUploadBytes),
        NOTICE_TOPIC_ARN: notices.topic.topicArn,
        DISTRIBUTION_ID: distribution.distributionId,
      },
    });
    allowObjects(process, ['s3:DeleteObject', 's3:GetObject'], uploadsBucketName, folderInput);
    allowObjects(process, ['s3:DeleteObject', 's3:PutObject'], uploadsBucketName, folderRefused);
    allowObjects(process, ['s3:GetObject', 's3:PutObject'], uploadsBucketName, folderPermits);
    const onAvatars = ['s3:DeleteObject', 's3:GetObject', 's3:PutObject', 's3:PutObjectTagging'];
    allowObjects(process, onAvatars, assetsBucketName, folderOutput);
    // Without ListBucket, S3 answers 403 instead of 404 for an object that does not exist.
    process.allow(['s3:ListBucket'], [bucketArn(uploadsBucketName), bucketArn(assetsBucketName)]);
    process.allow(['sns:Publish'], [notices.topic.topicArn]);
    process.allow(['cloudfront:CreateInvalidation'], [distribution.distributionArn]);
    return process;
  }

  private createPresign(): RustFunction {
    const { zips, logRetention, uploadsBucketName, folderInput } = this.props;
    const presign = new RustFunction(this, 'Presign', {
      zips,
      logRetention,
      binary: 'presign',
      description: 'Signs an upload of a signed-in user, valid for five minutes, or stores a removal',
      memorySize: SMALL_MB,
      // Two attempts for the quota, then three to store a removal, of 1.5 s each.
      timeout: Duration.seconds(10),
      environment: {
        UPLOADS_BUCKET_NAME: uploadsBucketName,
        FOLDER_INPUT: folderInput,
        MAX_UPLOAD_BYTES: String(this.props.maxUploadBytes),
        CORS_ORIGINS: this.props.origins.join(','),
        QUOTA_TABLE_NAME: this.props.quota.tableName,
        UPLOADS_PER_HOUR: String(this.props.uploadsPerHour),
      },
    });
    // A presigned request has the permissions of its signer, so presign itself must be allowed to put.
    // A removal is an object in the same folder.
    allowObjects(presign, ['s3:PutObject'], uploadsBucketName, folderInput);
    presign.allow(['dynamodb:UpdateItem'], [this.props.quota.tableArn]);
    return presign;
  }

  private createAuthorizer(): RustFunction {
    const { zips, logRetention, userPoolId, clientIds } = this.props;
    return new RustFunction(this, 'Authorizer', {
      zips,
      logRetention,
      binary: 'authorizer',
      description: 'Verifies the access token of a request',
      memorySize: SMALL_MB,
      timeout: Duration.seconds(10),
      environment: { USER_POOL_ID: userPoolId, CLIENT_ID: clientIds.join(',') },
    });
  }

  /**
   * The authorizer keeps its keys when they cannot be renewed, and does not fail. Only its log shows the
   * outage then.
   */
  private countKeySetFailures(): Metric {
    const filter = this.authorizer.logGroup.addMetricFilter('KeySetFailures', {
      filterPattern: FilterPattern.stringValue('$.alarm', '=', 'key_set'),
      metricNamespace: 'Roundel',
      metricName: `${Stack.of(this).stackName}-KeySetFailures`,
    });
    return filter.metric({ statistic: 'Sum', period: Duration.minutes(5) });
  }
}

/** Allows actions on the objects of one folder. */
function allowObjects(fn: RustFunction, actions: string[], bucket: string, folder: string): void {
  fn.allow(actions, [`${bucketArn(bucket)}/${folder}/*`]);
  const finding = `Resource::arn:<AWS::Partition>:s3:::${bucket}/${folder}/*`;
  acknowledge(
    fn.role!,
    `IAM5[${finding}]`,
    'The keys in this folder contain user ids and digests, which are not known in advance.',
  );
}
