/** The construct `AvatarPipeline` in a stack of another app. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';

import { AvatarPipeline, type AvatarPipelineProps } from '../lib/avatar-pipeline.ts';
import { ARM_64, functionPackages } from './function-packages.ts';

function stackWith(props: Partial<AvatarPipelineProps>): Stack {
  const stack = new Stack(new App(), 'Acme');
  new AvatarPipeline(stack, 'Avatars', {
    uploadsBucketName: 'acme-uploads',
    assetsBucketName: 'acme-avatars',
    folderInput: 'in',
    folderOutput: 'out',
    zips: functionPackages(ARM_64),
    userPoolId: 'eu-central-1_AbC123',
    clientIds: ['app'],
    origins: ['https://acme.example'],
    ...props,
  });
  return stack;
}

test('the required properties are enough: no webhook, and only the buckets have names', () => {
  const template = Template.fromStack(stackWith({}));
  template.resourceCountIs('AWS::SNS::Subscription', 0);
  template.resourceCountIs('AWS::SQS::Queue', 1);
  template.hasResourceProperties('AWS::SNS::Topic', { TopicName: Match.absent() });
  template.allResourcesProperties('AWS::Lambda::Function', { Architectures: ['arm64'] });
});

test('an expiry of uploads that is not longer than that of dead letters is refused', () => {
  assert.throws(() => stackWith({ uploadsExpireAfter: Duration.days(14) }), /longer than the retention of dead letters/);
});
