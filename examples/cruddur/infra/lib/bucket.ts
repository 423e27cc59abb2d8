/** Settings that both buckets share. */

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

import { acknowledge } from './acknowledge.ts';

/**
 * The ARN of a bucket, built from its name. A bucket depends on the permissions of the targets that it
 * notifies, and these permissions contain its ARN. A reference to the bucket would make this a
 * circular dependency.
 */
export function bucketArn(name: string): string {
  return `arn:${Aws.PARTITION}:s3:::${name}`;
}

/** A bucket that only the account can read, and only over TLS. */
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
  acknowledge(
    bucket,
    'S1',
    'Access logs would store IP addresses together with the avatars that were requested. Metrics count requests.',
  );
  return bucket;
}

/**
 * Sets the notifications of a bucket. This sets the property of the bucket itself. The L2 construct
 * would deploy a function that may change the notifications of every bucket in the account.
 *
 * @param permission allows the bucket to notify the target, and must be created before the bucket.
 */
export function setNotifications(
  bucket: Bucket,
  configuration: CfnBucket.NotificationConfigurationProperty,
  permission: IDependable,
): void {
  const resource = bucket.node.defaultChild as CfnBucket;
  resource.notificationConfiguration = configuration;
  resource.node.addDependency(permission);
}
