/** The construct by itself, as in a stack of somebody else's. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';

import { AvatarPipeline, type AvatarPipelineProps } from '../lib/avatar-pipeline.ts';
import { ARM_64, zips } from './function-packages.ts';

function stackWith(props: Partial<AvatarPipelineProps>): Stack {
  const stack = new Stack(new App(), 'Acme');
  new AvatarPipeline(stack, 'Avatars', {
    uploadsBucketName: 'acme-uploads',
    assetsBucketName: 'acme-avatars',
    folderInput: 'in',
    folderOutput: 'out',
    zips: zips(ARM_64),
    userPoolId: 'eu-central-1_AbC123',
    clientIds: ['app'],
    origins: ['https://acme.example'],
    ...props,
  });
  return stack;
}

test('what is required is enough: no webhook, no names but those of the buckets', () => {
  const template = Template.fromStack(stackWith({}));
  template.resourceCountIs('AWS::SNS::Subscription', 0);
  template.resourceCountIs('AWS::SQS::Queue', 1);
  template.hasResourceProperties('AWS::SNS::Topic', { TopicName: Match.absent() });
  template.allResourcesProperties('AWS::Lambda::Function', { Architectures: ['arm64'] });
});

test('uploads that would go before their dead letters are refused', () => {
  assert.throws(() => stackWith({ uploadsExpireAfter: Duration.days(14) }), /longer than dead letters/);
});
