/** Alarms: when something is lost or about to be. */

import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

const PERIOD = Duration.minutes(5);

export class Alarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly topic?: ITopic,
  ) {
    super(scope, id);
  }

  /** Errors, which are repeated, and throttles, which are late. */
  watchFunction(name: string, watched: IFunction): void {
    this.raise(`${name}Errors`, `${name} fails`, watched.metricErrors({ period: PERIOD }));
    this.raise(
      `${name}Throttles`,
      `${name} is throttled`,
      watched.metricThrottles({ period: PERIOD }),
    );
  }

  /** Anything in a queue that should be empty. */
  watchQueue(id: string, description: string, queue: IQueue): void {
    const visible = queue.metricApproximateNumberOfMessagesVisible({
      period: PERIOD,
      statistic: 'Maximum',
    });
    this.raise(id, description, visible);
  }

  /** One is enough. */
  raise(id: string, description: string, metric: IMetric): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: description,
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (this.topic) alarm.addAlarmAction(new SnsAction(this.topic));
  }
}
