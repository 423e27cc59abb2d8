/** The SNS topic that sends notices to the webhook of the app, with retries and a dead-letter queue. */

import { Aws, Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BackoffFunction, type DeliveryPolicy, Topic, TopicPolicy } from 'aws-cdk-lib/aws-sns';
import { UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IDependable } from 'constructs';

import { deadLetterQueue } from './dead-letter-queue.ts';

/**
 * Retries for one hour, the longest time that SNS allows, so that an app that restarts misses nothing:
 * 1 retry at once, 3 retries after 5 s each, 5 with exponential backoff, then 24 every 2 minutes.
 */
const RETRY_POLICY: DeliveryPolicy = {
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
  /** Address of the webhook. */
  readonly webhookUrl?: string;
}

export class Notices extends Construct {
  readonly topic: Topic;
  /** Notices that the webhook did not accept within the retries. */
  readonly undelivered?: Queue;
  private readonly policy: TopicPolicy;

  constructor(scope: Construct, id: string, props: NoticesProps) {
    super(scope, id);
    // Version 1 signs with SHA-1, version 2 with SHA-256.
    this.topic = new Topic(this, 'Topic', { topicName: props.topicName, signatureVersion: '2' });
    this.policy = new TopicPolicy(this, 'Policy', { topics: [this.topic], enforceSSL: true });
    if (props.webhookUrl) {
      this.undelivered = deadLetterQueue(this, 'Undelivered');
      this.topic.addSubscription(
        new UrlSubscription(props.webhookUrl, {
          deadLetterQueue: this.undelivered,
          deliveryPolicy: RETRY_POLICY,
        }),
      );
    }
  }

  /**
   * 1 for an hour in which notices were published and none was delivered, else 0. If the subscription was
   * removed, notices are lost and no queue keeps them.
   */
  get hourWithoutDelivery(): MathExpression {
    return new MathExpression({
      expression: 'IF(FILL(published, 0) > 0 AND FILL(delivered, 0) < 1, 1, 0)',
      usingMetrics: {
        published: this.topic.metricNumberOfMessagesPublished(),
        delivered: this.topic.metricNumberOfNotificationsDelivered(),
      },
      period: Duration.hours(1),
    });
  }

  /** Allows a bucket of this account to publish. Returns the policy, which the bucket must depend on. */
  allowPublishingFrom(bucketArn: string): IDependable {
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
