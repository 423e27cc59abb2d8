/** CloudWatch alarms for uploads or notices that are lost or delayed. */

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

/** Length of the interval that an alarm evaluates. */
const PERIOD = Duration.minutes(5);

export class Alarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly topic?: ITopic,
  ) {
    super(scope, id);
  }

  /** Alarms on errors, which Lambda retries, and on throttles, which delay events. */
  watchFunction(name: string, fn: IFunction): void {
    this.addAlarm(`${name}Errors`, `${name} fails`, fn.metricErrors({ period: PERIOD }));
    this.addAlarm(
      `${name}Throttles`,
      `${name} is throttled`,
      fn.metricThrottles({ period: PERIOD }),
    );
  }

  /** Alarms on any message in a queue that should be empty. */
  watchQueue(id: string, description: string, queue: IQueue): void {
    const visible = queue.metricApproximateNumberOfMessagesVisible({
      period: PERIOD,
      statistic: 'Maximum',
    });
    this.addAlarm(id, description, visible);
  }

  /** Alarms when the metric reaches 1 within one period. */
  addAlarm(id: string, description: string, metric: IMetric): void {
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
