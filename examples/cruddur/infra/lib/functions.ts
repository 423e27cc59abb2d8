/** process, presign and authorizer, each with what it may do. */

import { Duration } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { accept } from './acknowledge.ts';
import { bucketArn } from './bucket.ts';
import { deadLetters } from './dead-letter-queue.ts';
import { RustFunction } from './rust-function.ts';
import type { Notices } from './notices.ts';

/** One processor: the renderer uses no more than one. */
const ONE_PROCESSOR_MB = 1769;
const SMALL_MB = 256;

export interface FunctionsProps {
  /** Folder with the zips. */
  readonly zips: string;
  readonly uploadsBucketName: string;
  readonly assetsBucketName: string;
  readonly folderInput: string;
  readonly folderOutput: string;
  readonly folderRefused: string;
  readonly maxUploadBytes: number;
  readonly origins: string[];
  readonly userPoolId: string;
  readonly clientIds: string[];
  readonly notices: Notices;
  readonly logRetention: RetentionDays;
}

export class Functions extends Construct {
  readonly process: RustFunction;
  readonly presign: RustFunction;
  readonly authorizer: RustFunction;
  /** Uploads of which every attempt failed. */
  readonly deadLetters: Queue;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: FunctionsProps,
  ) {
    super(scope, id);
    this.deadLetters = deadLetters(this, 'DeadLetters');
    this.process = this.makeProcess();
    this.presign = this.makePresign();
    this.authorizer = this.makeAuthorizer();
  }

  private makeProcess(): RustFunction {
    const { zips, logRetention, uploadsBucketName, assetsBucketName, notices } = this.props;
    const { folderInput, folderOutput, folderRefused } = this.props;
    const process = new RustFunction(this, 'Process', {
      zips,
      logRetention,
      program: 'process',
      description: 'An upload in, avatars and a notice out',
      memorySize: ONE_PROCESSOR_MB,
      timeout: Duration.seconds(60),
      deadLetterQueue: this.deadLetters,
      environment: {
        DEST_BUCKET_NAME: assetsBucketName,
        FOLDER_INPUT: folderInput,
        FOLDER_OUTPUT: folderOutput,
        FOLDER_REFUSED: folderRefused,
        PROCESS_WIDTH: '512',
        PROCESS_HEIGHT: '512',
        MAX_UPLOAD_BYTES: String(this.props.maxUploadBytes),
        NOTICE_TOPIC_ARN: notices.topic.topicArn,
      },
    });
    mayWithObjects(process, ['s3:GetObject'], uploadsBucketName, folderInput);
    mayWithObjects(process, ['s3:PutObject'], uploadsBucketName, folderRefused);
    mayWithObjects(process, ['s3:GetObject', 's3:PutObject'], assetsBucketName, folderOutput);
    // Without it S3 says "forbidden" where it means "not found".
    process.may(['s3:ListBucket'], [bucketArn(uploadsBucketName), bucketArn(assetsBucketName)]);
    process.may(['sns:Publish'], [notices.topic.topicArn]);
    return process;
  }

  private makePresign(): RustFunction {
    const { zips, logRetention, uploadsBucketName, folderInput } = this.props;
    const presign = new RustFunction(this, 'Presign', {
      zips,
      logRetention,
      program: 'presign',
      description: 'What a signed-in user may upload, for five minutes',
      memorySize: SMALL_MB,
      timeout: Duration.seconds(5),
      environment: {
        UPLOADS_BUCKET_NAME: uploadsBucketName,
        FOLDER_INPUT: folderInput,
        MAX_UPLOAD_BYTES: String(this.props.maxUploadBytes),
        CORS_ORIGINS: this.props.origins.join(','),
      },
    });
    // A signature allows nothing that its signer may not do.
    mayWithObjects(presign, ['s3:PutObject'], uploadsBucketName, folderInput);
    return presign;
  }

  private makeAuthorizer(): RustFunction {
    const { zips, logRetention, userPoolId, clientIds } = this.props;
    return new RustFunction(this, 'Authorizer', {
      zips,
      logRetention,
      program: 'authorizer',
      description: 'Whether an access token of the user pool is good',
      memorySize: SMALL_MB,
      timeout: Duration.seconds(10),
      environment: { USER_POOL_ID: userPoolId, CLIENT_ID: clientIds.join(',') },
    });
  }
}

/** Allows actions on the objects of one folder. */
function mayWithObjects(to: RustFunction, actions: string[], bucket: string, folder: string): void {
  to.may(actions, [`${bucketArn(bucket)}/${folder}/*`]);
  const finding = `Resource::arn:<AWS::Partition>:s3:::${bucket}/${folder}/*`;
  accept(
    to.role!,
    `IAM5[${finding}]`,
    'Keys below this one folder are made of user ids and digests.',
  );
}
