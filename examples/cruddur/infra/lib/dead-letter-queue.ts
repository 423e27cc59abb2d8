/** Queues for events and notices that failed for good, until a person handles them. */

import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

import { acknowledge } from './acknowledge.ts';

/** The longest retention that SQS allows. Uploads are kept longer, so that a dead letter can be retried. */
export const RETENTION = Duration.days(14);

export function deadLetterQueue(scope: Construct, id: string): Queue {
  const queue = new Queue(scope, id, {
    retentionPeriod: RETENTION,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  });
  acknowledge(queue, 'SQS3', 'This queue is itself a dead-letter queue.');
  return queue;
}
