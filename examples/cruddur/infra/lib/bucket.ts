/** What both buckets have in common. */

import { Aws, Duration, type RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CfnBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct, IDependable } from 'constructs';

import { accept } from './acknowledge.ts';

/**
 * The ARN of a bucket, by its name alone. A bucket depends on those whom it notifies, and they on
 * permissions that name the bucket: a reference to it would close the circle.
 */
export function bucketArn(name: string): string {
  return `arn:${Aws.PARTITION}:s3:::${name}`;
}

/** A bucket that nobody but the account may read, over TLS alone. */
export function privateBucket(
  scope: Construct,
  id: string,
  props: BucketProps & { readonly removalPolicy: RemovalPolicy },
): Bucket {
  const bucket = new Bucket(scope, id, {
    ...props,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    lifecycleRules: [
      ...(props.lifecycleRules ?? []),
      { id: 'unfinished', abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
  });
  accept(
    bucket,
    'S1',
    'Access logs would keep the addresses of people beside what they looked at; metrics count requests.',
  );
  return bucket;
}

/**
 * Has a bucket tell of what was created in it. This is the bucket's own property: the L2
 * construct would deploy a function that may change the notifications of every bucket.
 *
 * @param allowed what allows the bucket to tell, and must be there before it.
 */
export function notify(
  bucket: Bucket,
  configuration: CfnBucket.NotificationConfigurationProperty,
  allowed: IDependable,
): void {
  const resource = bucket.node.defaultChild as CfnBucket;
  resource.notificationConfiguration = configuration;
  resource.node.addDependency(allowed);
}
