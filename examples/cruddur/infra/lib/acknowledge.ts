/** Exceptions from the cdk-nag rules (AwsSolutions). Each stands next to the resource that it is about. */

import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Acknowledges that `construct` and its children break a rule, and why. */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}
