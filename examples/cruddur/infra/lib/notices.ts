/** The topic between the avatars and the app, and what becomes of notices that do not arrive. */

import { Aws, Duration } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BackoffFunction, type DeliveryPolicy, Topic, TopicPolicy } from 'aws-cdk-lib/aws-sns';
import { UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IDependable } from 'constructs';

import { deadLetters } from './dead-letter-queue.ts';

/**
 * For as long as SNS allows, an hour in all, so that an app that restarts misses nothing: at once,
 * thrice after 5 s, five times less and less often, then every 2 minutes.
 */
const DELIVERY: DeliveryPolicy = {
  healthyRetryPolicy: {
    numRetries: 33,
    numNoDelayRetries: 1,
    numMinDelayRetries: 3,
    numMaxDelayRetries: 24,
    minDelayTarget: Duration.seconds(5),
    maxDelayTarget: Duration.minutes(2),
    backoffFunction: BackoffFunction.EXPONENTIAL,
  },
};

export interface NoticesProps {
  readonly topicName?: string;
  /** Where the app is told. */
  readonly webhookUrl?: string;
}

export class Notices extends Construct {
  readonly topic: Topic;
  /** Notices that the webhook did not take. */
  readonly undelivered?: Queue;
  private readonly policy: TopicPolicy;

  constructor(scope: Construct, id: string, props: NoticesProps) {
    super(scope, id);
    // Version 2 signs with SHA-256, and not with SHA-1.
    this.topic = new Topic(this, 'Topic', { topicName: props.topicName, signatureVersion: '2' });
    this.policy = new TopicPolicy(this, 'Policy', { topics: [this.topic], enforceSSL: true });
    if (props.webhookUrl) {
      this.undelivered = deadLetters(this, 'Undelivered');
      this.topic.addSubscription(
        new UrlSubscription(props.webhookUrl, {
          deadLetterQueue: this.undelivered,
          deliveryPolicy: DELIVERY,
        }),
      );
    }
  }

  /** Lets a bucket of this account publish; returns what it has to wait for. */
  allow(bucketArn: string): IDependable {
    this.policy.document.addStatements(
      new PolicyStatement({
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: {
          ArnEquals: { 'aws:SourceArn': bucketArn },
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        },
      }),
    );
    return this.policy;
  }
}
