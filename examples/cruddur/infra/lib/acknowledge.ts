/** Exceptions from the rules of cdk-nag (AwsSolutions), each made beside what it is about. */

import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Accepts that `construct` and what is in it break a rule, for this reason. */
export function accept(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}
