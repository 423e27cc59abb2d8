/** The table in which presign counts the uploads and removals of each user. */

import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';

import { acknowledge } from './acknowledge.ts';

export class Quota extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expires_at',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(
      this.table,
      'DDB3',
      'The counters are worth nothing after their hour. If they are lost, users may upload more in that hour.',
    );
  }
}
