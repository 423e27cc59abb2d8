/** Queues of what could not be done or delivered, kept for a person to look at. */

import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

import { accept } from './acknowledge.ts';

/** As long as SQS keeps anything. Uploads live longer, so that a dead letter can be repeated. */
export const KEPT = Duration.days(14);

export function deadLetters(scope: Construct, id: string): Queue {
  const queue = new Queue(scope, id, {
    retentionPeriod: KEPT,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  });
  accept(queue, 'SQS3', 'This is the queue of dead letters.');
  return queue;
}
