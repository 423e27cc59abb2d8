/** The bucket of the uploads: private, emptied by itself, and telling process of each photo. */

import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type Bucket, HttpMethods } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { bucketArn, notify, privateBucket } from './bucket.ts';
import { KEPT } from './dead-letter-queue.ts';

/** How long the record of a refusal is kept. */
const REFUSALS_EXPIRE_AFTER = Duration.days(90);

export interface UploadsProps {
  readonly bucketName: string;
  /** Folder of the uploads. */
  readonly folder: string;
  /** Folder of the records of refusals. */
  readonly refused: string;
  /** When an upload is deleted: photos tell more than avatars do. */
  readonly expireAfter: Duration;
  /** Origins of the pages that upload. */
  readonly origins: string[];
  /** Told of each upload. */
  readonly process: IFunction;
}

export class Uploads extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: UploadsProps) {
    super(scope, id);
    if (props.expireAfter.toDays() <= KEPT.toDays()) {
      throw new Error(`uploads must be kept longer than dead letters: ${KEPT.toDays()} days`);
    }
    this.bucket = privateBucket(this, 'Bucket', {
      bucketName: props.bucketName,
      removalPolicy: RemovalPolicy.DESTROY,
      cors: [
        {
          allowedMethods: [HttpMethods.POST, HttpMethods.PUT],
          allowedOrigins: props.origins,
          allowedHeaders: ['content-type', 'x-amz-checksum-sha256'],
          maxAge: 600,
        },
      ],
      lifecycleRules: [
        { id: 'uploads', prefix: `${props.folder}/`, expiration: props.expireAfter },
        { id: 'refusals', prefix: `${props.refused}/`, expiration: REFUSALS_EXPIRE_AFTER },
      ],
    });
    const allowed = new CfnPermission(this, 'MayInvoke', {
      action: 'lambda:InvokeFunction',
      functionName: props.process.functionArn,
      principal: 's3.amazonaws.com',
      sourceArn: bucketArn(props.bucketName),
      sourceAccount: Aws.ACCOUNT_ID,
    });
    const prefix = { name: 'prefix', value: `${props.folder}/` };
    const created = {
      event: 's3:ObjectCreated:*',
      function: props.process.functionArn,
      filter: { s3Key: { rules: [prefix] } },
    };
    notify(this.bucket, { lambdaConfigurations: [created] }, allowed);
  }
}
