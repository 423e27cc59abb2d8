/** A Lambda function in Rust, with a log group and a least-privilege role of its own. */

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { functionPackage } from './function-package.ts';

/** Properties of one function. */
export interface RustFunctionProps {
  /** Folder with the zips. */
  readonly zips: string;
  /** `process`, `presign` or `authorizer`. */
  readonly binary: string;
  readonly description: string;
  /** In MB. 1,769 MB come with one full vCPU. */
  readonly memorySize: number;
  readonly timeout: Duration;
  readonly environment: Record<string, string>;
  readonly logRetention: RetentionDays;
  /** Receives the events that failed for good, for a function that is invoked asynchronously. */
  readonly deadLetterQueue?: IQueue;
}

/** A program of roundel-lambda on `provided.al2023`. */
export class RustFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: RustFunctionProps) {
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    const { zips, binary, logRetention: _, ...rest } = props;
    super(scope, id, {
      ...rest,
      ...functionPackage(zips, binary),
      runtime: Runtime.PROVIDED_AL2023,
      handler: 'bootstrap',
      role,
      logGroup,
    });
  }

  /** Adds these actions on these resources to the role. */
  allow(actions: string[], resources: string[]): void {
    this.addToRolePolicy(new PolicyStatement({ effect: Effect.ALLOW, actions, resources }));
  }
}
