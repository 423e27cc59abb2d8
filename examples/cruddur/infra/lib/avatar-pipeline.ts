/**
 * The avatar system as one construct, for any stack.
 *
 * ```text
 * browser --POST /avatars/key_upload--> Gateway --> authorizer, presign      gateway.ts
 *    +-----PUT or POST--> Uploads --ObjectCreated--> process                 uploads.ts functions.ts
 *                                                       +--> Assets          assets.ts
 *            app's webhook <-- Notices <--notice, ObjectCreated--+           notices.ts
 *            app's pages   <-- Delivery <----------------+                   delivery.ts
 * ```
 */

import { Duration } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  AaaaRecord,
  ARecord,
  type IAliasRecordTarget,
  type IHostedZone,
  RecordTarget,
} from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties, CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

import { Alarms } from './alarms.ts';
import { Assets } from './assets.ts';
import { Delivery } from './cdn.ts';
import { Functions } from './functions.ts';
import { Gateway } from './gateway.ts';
import { Notices } from './notices.ts';
import { Uploads } from './uploads.ts';

/** Where process records refusals, in the bucket of the uploads. */
const FOLDER_REFUSED = 'refused';

/** Names of one's own for what the public sees. */
export interface PipelineDomain {
  /** Name that avatars are served under. */
  readonly assetsName: string;
  /** Its certificate, in us-east-1. */
  readonly assetsCertificate: ICertificate;
  /** Name of the HTTP API. */
  readonly apiName: string;
  /** Its certificate, in the stack's region. */
  readonly apiCertificate: ICertificate;
  /** Zone that both names get an alias in; without one, they are pointed by hand. */
  readonly zone?: IHostedZone;
}

/** What an avatar system needs to know. */
export interface AvatarPipelineProps {
  /** Name of the bucket for photos as they were uploaded. It is created. */
  readonly uploadsBucketName: string;
  /** Name of the bucket for avatars, another one. */
  readonly assetsBucketName: string;
  /** Whether that bucket is there already. Otherwise it is created, and outlives the stack. */
  readonly assetsBucketExists?: boolean;
  /** Folder of the uploads, without slashes at its ends. */
  readonly folderInput: string;
  /** Folder of the avatars, likewise. */
  readonly folderOutput: string;
  /** Folder with the zips that `make lambda` writes. */
  readonly zips: string;
  /** User pool whose access tokens are believed. */
  readonly userPoolId: string;
  /** Clients of that pool that may upload: at least one. */
  readonly clientIds: string[];
  /** Origins of the app's pages, like `https://example.com`: at least one. */
  readonly origins: string[];
  /** HTTPS address that is told of new avatars; it has to confirm the subscription. Default: none. */
  readonly webhookUrl?: string;
  /** Default: CloudFormation's choice. */
  readonly topicName?: string;
  /** Largest upload in bytes. Default: 20 MiB. */
  readonly maxUploadBytes?: number;
  /** When uploads are deleted; more than 14 days. Default: 30 days. */
  readonly uploadsExpireAfter?: Duration;
  /** Default: a month. */
  readonly logRetention?: RetentionDays;
  /** Told of alarms. Default: nobody; they show in CloudWatch. */
  readonly alarmTopic?: ITopic;
  /** Default: Amazon's names. */
  readonly domain?: PipelineDomain;
}

/** Uploads in, avatars out. */
export class AvatarPipeline extends Construct {
  readonly notices: Notices;
  readonly functions: Functions;
  readonly uploads: Uploads;
  readonly assets: Assets;
  readonly gateway: Gateway;
  readonly delivery: Delivery;

  constructor(scope: Construct, id: string, props: AvatarPipelineProps) {
    super(scope, id);
    const logRetention = props.logRetention ?? RetentionDays.ONE_MONTH;
    this.notices = new Notices(this, 'Notices', props);
    this.functions = new Functions(this, 'Functions', {
      ...props,
      folderRefused: FOLDER_REFUSED,
      maxUploadBytes: props.maxUploadBytes ?? 20 * 1024 * 1024,
      notices: this.notices,
      logRetention,
    });
    this.uploads = new Uploads(this, 'Uploads', {
      bucketName: props.uploadsBucketName,
      folder: props.folderInput,
      refused: FOLDER_REFUSED,
      expireAfter: props.uploadsExpireAfter ?? Duration.days(30),
      origins: props.origins,
      process: this.functions.process,
    });
    const exists = props.assetsBucketExists ?? false;
    this.assets = new Assets(this, 'Assets', {
      bucketName: props.assetsBucketName,
      folder: props.folderOutput,
      exists,
      notices: this.notices,
    });
    const { domain } = props;
    this.delivery = new Delivery(this, 'Delivery', {
      bucket: this.assets.bucket,
      imported: exists,
      origins: props.origins,
      domain: domain && { name: domain.assetsName, certificate: domain.assetsCertificate },
    });
    this.gateway = new Gateway(this, 'Gateway', {
      presign: this.functions.presign,
      authorizer: this.functions.authorizer,
      origins: props.origins,
      logRetention,
      domain: domain && { name: domain.apiName, certificate: domain.apiCertificate },
    });
    this.addAliases(domain);
    this.watch(props.alarmTopic);
  }

  private addAliases(domain: PipelineDomain | undefined): void {
    if (!domain?.zone) return;
    const { zone } = domain;
    const alias = (id: string, recordName: string, to: IAliasRecordTarget) => {
      const record = { zone, recordName: `${recordName}.`, target: RecordTarget.fromAlias(to) };
      new ARecord(this, `${id}Alias`, record);
      return record;
    };
    const assets = alias(
      'Assets',
      domain.assetsName,
      new CloudFrontTarget(this.delivery.distribution),
    );
    new AaaaRecord(this, 'AssetsAlias6', assets);
    const api = this.gateway.domain!;
    alias(
      'Api',
      domain.apiName,
      new ApiGatewayv2DomainProperties(api.regionalDomainName, api.regionalHostedZoneId),
    );
  }

  private watch(topic: ITopic | undefined): void {
    const alarms = new Alarms(this, 'Alarms', topic);
    const { process, presign, authorizer, deadLetters } = this.functions;
    alarms.watchFunction('process', process);
    alarms.watchFunction('presign', presign);
    alarms.watchFunction('authorizer', authorizer);
    alarms.watchQueue('deadLetters', 'Uploads of which every attempt failed', deadLetters);
    if (this.notices.undelivered) {
      alarms.watchQueue(
        'undelivered',
        'Notices that the webhook did not take',
        this.notices.undelivered,
      );
    }
    alarms.raise(
      'apiErrors',
      'The API answers 5xx',
      this.gateway.stage.metricServerError({ period: Duration.minutes(5) }),
    );
  }
}
