/** The bucket of the avatars. It is created and outlives the stack, or it exists and is imported. */

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, EventType, type IBucket, type LifecycleRule } from 'aws-cdk-lib/aws-s3';
import { SnsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Construct } from 'constructs';

import { acknowledge } from './acknowledge.ts';
import { bucketArn, setNotifications, privateBucket } from './bucket.ts';
import type { Notices } from './notices.ts';

/**
 * process writes this object last. Only it triggers a notification, so that an avatar causes one
 * event instead of one for each of its seven objects.
 */
const NEWEST_AVATAR_SUFFIX = '/latest.json';

/**
 * process tags the sizes of a replaced avatar and the record of a removal. These rules delete them.
 *
 * S3 counts the days of a rule from the last write of the object, and deletes once a day. So the sizes of a
 * replaced avatar disappear within two days after the replacement. A record must be kept for longer than the dead
 * letters, because an event in the dead-letter queue can still be repeated.
 */
const REPLACED_EXPIRES_AFTER = Duration.days(1);
const REMOVED_EXPIRES_AFTER = Duration.days(30);

export interface AssetsProps {
  readonly bucketName: string;
  /** Folder of the avatars. */
  readonly folder: string;
  /** Whether the bucket exists already. */
  readonly exists: boolean;
  /** The topic that receives an event for each new avatar. */
  readonly notices: Notices;
}

export class Assets extends Construct {
  readonly bucket: IBucket;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: AssetsProps,
  ) {
    super(scope, id);
    this.bucket = props.exists ? this.importBucket() : this.createBucket();
  }

  private createBucket(): IBucket {
    const { bucketName, folder, notices } = this.props;
    const bucket = privateBucket(this, 'Bucket', {
      bucketName,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        expiryRule('replaced', folder, REPLACED_EXPIRES_AFTER),
        expiryRule('removed', folder, REMOVED_EXPIRES_AFTER),
      ],
    });
    const rules = [
      { name: 'prefix', value: `${folder}/` },
      { name: 'suffix', value: NEWEST_AVATAR_SUFFIX },
    ];
    const created = {
      event: 's3:ObjectCreated:*',
      topic: notices.topic.topicArn,
      filter: { s3Key: { rules } },
    };
    setNotifications(bucket, { topicConfigurations: [created] }, notices.allowPublishingFrom(bucketArn(bucketName)));
    return bucket;
  }

  /** CloudFormation cannot change a bucket that it did not create, so CDK adds a function that does. */
  private importBucket(): IBucket {
    const { bucketName, folder, notices } = this.props;
    const role = this.createNotifierRole(bucketName);
    const bucket = Bucket.fromBucketAttributes(this, 'Bucket', {
      bucketName,
      notificationsHandlerRole: role,
    });
    const filter = { prefix: `${folder}/`, suffix: NEWEST_AVATAR_SUFFIX };
    bucket.addEventNotification(
      EventType.OBJECT_CREATED,
      new SnsDestination(notices.topic),
      filter,
    );
    return bucket;
  }

  private createNotifierRole(bucketName: string): Role {
    const role = new Role(this, 'Notifier', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const actions = ['s3:GetBucketNotification', 's3:PutBucketNotification'];
    role.addToPolicy(new PolicyStatement({ actions, resources: [bucketArn(bucketName)] }));
    const managed =
      'Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
    acknowledge(
      role,
      `IAM4[${managed}]`,
      "CDK attaches this policy to its notifications function, which writes logs.",
    );
    return role;
  }
}

/** Deletes the objects that process has tagged with this value. */
function expiryRule(value: string, folder: string, expiration: Duration): LifecycleRule {
  return { id: value, prefix: `${folder}/`, tagFilters: { expiry: value }, expiration };
}
