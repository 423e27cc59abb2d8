/** The bucket of the avatars: created to outlive the stack, or one that is there already. */

import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, EventType, type IBucket } from 'aws-cdk-lib/aws-s3';
import { SnsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Construct } from 'constructs';

import { accept } from './acknowledge.ts';
import { bucketArn, notify, privateBucket } from './bucket.ts';
import type { Notices } from './notices.ts';

/** The object that says which avatar is the newest: one event for each, and not seven. */
const LAST_WRITTEN = '/latest.json';

export interface AssetsProps {
  readonly bucketName: string;
  /** Folder of the avatars. */
  readonly folder: string;
  /** Whether the bucket is there already. */
  readonly exists: boolean;
  /** Told of each new avatar. */
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
    this.bucket = props.exists ? this.imported() : this.created();
  }

  private created(): IBucket {
    const { bucketName, folder, notices } = this.props;
    const bucket = privateBucket(this, 'Bucket', {
      bucketName,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const rules = [
      { name: 'prefix', value: `${folder}/` },
      { name: 'suffix', value: LAST_WRITTEN },
    ];
    const created = {
      event: 's3:ObjectCreated:*',
      topic: notices.topic.topicArn,
      filter: { s3Key: { rules } },
    };
    notify(bucket, { topicConfigurations: [created] }, notices.allow(bucketArn(bucketName)));
    return bucket;
  }

  /** CloudFormation cannot change a bucket that it did not create: a function of CDK's does. */
  private imported(): IBucket {
    const { bucketName, folder, notices } = this.props;
    const role = this.notifier(bucketName);
    const bucket = Bucket.fromBucketAttributes(this, 'Bucket', {
      bucketName,
      notificationsHandlerRole: role,
    });
    const filter = { prefix: `${folder}/`, suffix: LAST_WRITTEN };
    bucket.addEventNotification(
      EventType.OBJECT_CREATED,
      new SnsDestination(notices.topic),
      filter,
    );
    return bucket;
  }

  private notifier(bucketName: string): Role {
    const role = new Role(this, 'Notifier', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const actions = ['s3:GetBucketNotification', 's3:PutBucketNotification'];
    role.addToPolicy(new PolicyStatement({ actions, resources: [bucketArn(bucketName)] }));
    const managed =
      'Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
    accept(
      role,
      `IAM4[${managed}]`,
      "CDK's function for notifications attaches it, to write its logs.",
    );
    return role;
  }
}
