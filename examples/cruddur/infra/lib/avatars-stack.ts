/** The stack of the app: an `AvatarPipeline` whose properties come from the environment. */

import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import {
  Certificate,
  CertificateValidation,
  type ICertificate,
} from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

import { AvatarPipeline, type PipelineDomain } from './avatar-pipeline.ts';
import type { DomainSettings, Settings } from './settings.ts';

export interface AvatarsStackProps extends StackProps {
  readonly settings: Settings;
  /** Certificate of `assets.<domain>` from the stack in us-east-1, where this stack is in another region. */
  readonly assetsCertificate?: ICertificate;
}

export class AvatarsStack extends Stack {
  readonly pipeline: AvatarPipeline;

  constructor(scope: Construct, id: string, props: AvatarsStackProps) {
    super(scope, id, props);
    const { settings } = props;
    this.pipeline = new AvatarPipeline(this, 'Avatars', {
      ...settings,
      clientIds: [...settings.clientIds],
      origins: [...settings.corsOrigins],
      zips: settings.functionPath,
      uploadsExpireAfter: Duration.days(settings.uploadsExpireDays),
      alarmTopic: settings.alarmEmail ? this.alarmTopic(settings.alarmEmail) : undefined,
      domain: settings.domain && this.domain(settings.domain, props.assetsCertificate),
    });
    this.addOutputs();
  }

  private alarmTopic(email: string): ITopic {
    const topic = new Topic(this, 'AlarmTopic', { enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    return topic;
  }

  private domain(domain: DomainSettings, assetsCertificate?: ICertificate): PipelineDomain {
    const zone = hostedZone(this, domain);
    return {
      assetsName: `assets.${domain.name}`,
      assetsCertificate:
        assetsCertificate ??
        certificate(
          this,
          'AssetsCertificate',
          domain.assetsCertificateArn,
          `assets.${domain.name}`,
          zone,
        ),
      apiName: domain.apiName,
      apiCertificate: certificate(
        this,
        'ApiCertificate',
        domain.apiCertificateArn,
        domain.apiName,
        zone,
      ),
      zone,
    };
  }

  private addOutputs(): void {
    const { gateway, cdn, notices, functions } = this.pipeline;
    new CfnOutput(this, 'ApiUrl', { value: gateway.url, description: 'POST /avatars/key_upload' });
    new CfnOutput(this, 'AssetsUrl', {
      value: cdn.url,
      description: 'Base URL of the avatars',
    });
    new CfnOutput(this, 'TopicArn', {
      value: notices.topic.topicArn,
      description: 'The topic that the backend must expect',
    });
    new CfnOutput(this, 'DeadLettersUrl', { value: functions.deadLetters.queueUrl });
    new CfnOutput(this, 'ProcessFunctionName', { value: functions.process.functionName });
    if (notices.undelivered)
      new CfnOutput(this, 'UndeliveredUrl', { value: notices.undelivered.queueUrl });
    new CfnOutput(this, 'DistributionName', {
      value: cdn.distribution.distributionDomainName,
    });
    if (gateway.domain)
      new CfnOutput(this, 'ApiDomainTarget', { value: gateway.domain.regionalDomainName });
  }
}

/** The zone by its id, so that synthesis needs no lookup in an account. */
export function hostedZone(scope: Construct, domain: DomainSettings): IHostedZone | undefined {
  if (!domain.hostedZoneId) return undefined;
  const attributes = { hostedZoneId: domain.hostedZoneId, zoneName: domain.name };
  return HostedZone.fromHostedZoneAttributes(scope, 'Zone', attributes);
}

/** The certificate with this ARN, or a new one that is validated in the zone. */
export function certificate(
  scope: Construct,
  id: string,
  arn: string | undefined,
  domainName: string,
  zone: IHostedZone | undefined,
): ICertificate {
  if (arn) return Certificate.fromCertificateArn(scope, id, arn);
  return new Certificate(scope, id, {
    domainName,
    validation: CertificateValidation.fromDns(zone),
  });
}
