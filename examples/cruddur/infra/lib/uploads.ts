/** The bucket of the uploads: private, with expiring objects, and with an event to process for each photo. */

import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type Bucket, HttpMethods } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { bucketArn, setNotifications, privateBucket } from './bucket.ts';
import { RETENTION } from './dead-letter-queue.ts';

/** Age at which the record of a refusal is deleted. */
const REFUSALS_EXPIRE_AFTER = Duration.days(90);
/** Age at which the record of a used permit is deleted: longer than an event can wait as a dead letter. */
const PERMITS_EXPIRE_AFTER = Duration.days(30);

export interface UploadsProps {
  readonly bucketName: string;
  /** Folder of the uploads. */
  readonly folder: string;
  /** Folder of the records of refusals. */
  readonly refusalsFolder: string;
  /** Folder of the records of used permits. */
  readonly permitsFolder: string;
  /** Age at which an upload is deleted. An original photo can contain private data such as GPS. */
  readonly expireAfter: Duration;
  /** Origins of the pages that upload. */
  readonly origins: string[];
  /** The function that is invoked for each upload. */
  readonly process: IFunction;
}

export class Uploads extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: UploadsProps) {
    super(scope, id);
    if (props.expireAfter.toDays() <= RETENTION.toDays()) {
      throw new Error(`uploadsExpireAfter must be longer than the retention of dead letters (${RETENTION.toDays()} days)`);
    }
    this.bucket = privateBucket(this, 'Bucket', {
      bucketName: props.bucketName,
      removalPolicy: RemovalPolicy.DESTROY,
      cors: [
        {
          allowedMethods: [HttpMethods.POST, HttpMethods.PUT],
          allowedOrigins: props.origins,
          allowedHeaders: ['content-type', 'if-none-match', 'x-amz-checksum-sha256'],
          maxAge: 600,
        },
      ],
      lifecycleRules: [
        { id: 'uploads', prefix: `${props.folder}/`, expiration: props.expireAfter },
        { id: 'refusals', prefix: `${props.refusalsFolder}/`, expiration: REFUSALS_EXPIRE_AFTER },
        { id: 'permits', prefix: `${props.permitsFolder}/`, expiration: PERMITS_EXPIRE_AFTER },
      ],
    });
    const permission = new CfnPermission(this, 'MayInvoke', {
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
    setNotifications(this.bucket, { lambdaConfigurations: [created] }, permission);
  }
}
