/**
 * The avatar system as one construct, for any stack.
 *
 * ```text
 * browser --POST /avatars/key_upload,
 *           DELETE /avatars-----------> Gateway --> authorizer, presign      gateway.ts
 *                                                     presign <--> Quota     quota.ts
 *    +-----PUT or POST--> Uploads --ObjectCreated--> process                 uploads.ts functions.ts
 *                                                       +--> Assets          assets.ts
 *            app's webhook <-- Notices <--notice, ObjectCreated--+           notices.ts
 *            app's pages   <-- Cdn <---------------------+                   cdn.ts
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
import { Cdn } from './cdn.ts';
import { Functions } from './functions.ts';
import { Gateway } from './gateway.ts';
import { Notices } from './notices.ts';
import { Quota } from './quota.ts';
import { Uploads } from './uploads.ts';

/** Folder of the uploads bucket in which process records refusals. */
const FOLDER_REFUSED = 'refused';
/** Folder of the uploads bucket in which process records the used permits of forms. */
const FOLDER_PERMITS = 'permits';
const DEFAULT_UPLOADS_PER_HOUR = 20;
const DEFAULT_MAX_UPLOAD_BYTES = 20 * 1024 * 1024;

/** Custom domain names of the public addresses. */
export interface PipelineDomain {
  /** Name of the distribution. */
  readonly assetsName: string;
  /** Its certificate, in us-east-1. */
  readonly assetsCertificate: ICertificate;
  /** Name of the HTTP API. */
  readonly apiName: string;
  /** Its certificate, in the stack's region. */
  readonly apiCertificate: ICertificate;
  /** Zone in which both names get an alias. Without a zone, add the DNS records by hand. */
  readonly zone?: IHostedZone;
}

/** Properties of the avatar system. */
export interface AvatarPipelineProps {
  /** Name of the bucket for uploaded photos. The construct creates it. */
  readonly uploadsBucketName: string;
  /** Name of the bucket for avatars. It must be another bucket. */
  readonly assetsBucketName: string;
  /** Whether that bucket exists already. Otherwise it is created, and outlives the stack. */
  readonly assetsBucketExists?: boolean;
  /** Folder of the uploads, without leading or trailing slashes. */
  readonly folderInput: string;
  /** Folder of the avatars, likewise. */
  readonly folderOutput: string;
  /** Folder with the zips that `make lambda functions` writes. */
  readonly zips: string;
  /** User pool whose access tokens are accepted. */
  readonly userPoolId: string;
  /** Clients of that pool that may upload: at least one. */
  readonly clientIds: string[];
  /** Origins of the app's pages, like `https://example.com`: at least one. */
  readonly origins: string[];
  /** HTTPS address that receives the notices. It has to confirm the subscription. Default: none. */
  readonly webhookUrl?: string;
  /** Default: a name that CloudFormation generates. */
  readonly topicName?: string;
  /** Largest upload in bytes. Default: 20 MiB. */
  readonly maxUploadBytes?: number;
  /** Uploads of one user in an hour, and as many removals. Default: 20. */
  readonly uploadsPerHour?: number;
  /** Age at which uploads are deleted; more than 14 days. Default: 30 days. */
  readonly uploadsExpireAfter?: Duration;
  /** Retention of all logs. Default: one month. */
  readonly logRetention?: RetentionDays;
  /** Topic for alarms. Default: none; alarms show in CloudWatch only. */
  readonly alarmTopic?: ITopic;
  /** Default: the names that AWS generates. */
  readonly domain?: PipelineDomain;
}

/** Uploads in, avatars out. */
export class AvatarPipeline extends Construct {
  readonly notices: Notices;
  readonly functions: Functions;
  readonly uploads: Uploads;
  readonly assets: Assets;
  readonly gateway: Gateway;
  readonly cdn: Cdn;
  private readonly logRetention: RetentionDays;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: AvatarPipelineProps,
  ) {
    super(scope, id);
    this.logRetention = props.logRetention ?? RetentionDays.ONE_MONTH;
    this.notices = new Notices(this, 'Notices', props);
    this.assets = this.createAssets();
    this.cdn = this.createCdn();
    this.functions = this.createFunctions();
    this.uploads = this.createUploads();
    this.gateway = this.createGateway();
    this.addAliases(props.domain);
    this.addAlarms(props.alarmTopic);
  }

  private createFunctions(): Functions {
    return new Functions(this, 'Functions', {
      ...this.props,
      folderRefused: FOLDER_REFUSED,
      folderPermits: FOLDER_PERMITS,
      quota: new Quota(this, 'Quota').table,
      uploadsPerHour: this.props.uploadsPerHour ?? DEFAULT_UPLOADS_PER_HOUR,
      maxUploadBytes: this.props.maxUploadBytes ?? DEFAULT_MAX_UPLOAD_BYTES,
      notices: this.notices,
      distribution: this.cdn.distribution,
      logRetention: this.logRetention,
    });
  }

  private createUploads(): Uploads {
    return new Uploads(this, 'Uploads', {
      bucketName: this.props.uploadsBucketName,
      folder: this.props.folderInput,
      refusalsFolder: FOLDER_REFUSED,
      permitsFolder: FOLDER_PERMITS,
      expireAfter: this.props.uploadsExpireAfter ?? Duration.days(30),
      origins: this.props.origins,
      process: this.functions.process,
    });
  }

  private createAssets(): Assets {
    return new Assets(this, 'Assets', {
      bucketName: this.props.assetsBucketName,
      folder: this.props.folderOutput,
      exists: this.props.assetsBucketExists ?? false,
      notices: this.notices,
    });
  }

  private createCdn(): Cdn {
    const { domain, origins, assetsBucketExists } = this.props;
    return new Cdn(this, 'Cdn', {
      bucket: this.assets.bucket,
      bucketName: this.props.assetsBucketName,
      folder: this.props.folderOutput,
      folderInput: this.props.folderInput,
      imported: assetsBucketExists ?? false,
      origins,
      domain: domain && { name: domain.assetsName, certificate: domain.assetsCertificate },
    });
  }

  private createGateway(): Gateway {
    const { domain, origins } = this.props;
    return new Gateway(this, 'Gateway', {
      presign: this.functions.presign,
      authorizer: this.functions.authorizer,
      origins,
      logRetention: this.logRetention,
      domain: domain && { name: domain.apiName, certificate: domain.apiCertificate },
    });
  }

  private addAliases(domain: PipelineDomain | undefined): void {
    if (!domain?.zone) return;
    const { zone } = domain;
    const alias = (id: string, recordName: string, target: IAliasRecordTarget) => {
      const record = { zone, recordName: `${recordName}.`, target: RecordTarget.fromAlias(target) };
      new ARecord(this, `${id}Alias`, record);
      return record;
    };
    const assets = alias(
      'Assets',
      domain.assetsName,
      new CloudFrontTarget(this.cdn.distribution),
    );
    new AaaaRecord(this, 'AssetsAlias6', assets);
    const api = this.gateway.domain!;
    alias(
      'Api',
      domain.apiName,
      new ApiGatewayv2DomainProperties(api.regionalDomainName, api.regionalHostedZoneId),
    );
  }

  private addAlarms(topic: ITopic | undefined): void {
    const alarms = new Alarms(this, 'Alarms', topic);
    const { process, presign, authorizer, deadLetters, keySetFailures } = this.functions;
    alarms.watchFunction('process', process);
    alarms.watchFunction('presign', presign);
    alarms.watchFunction('authorizer', authorizer);
    alarms.addAlarm('keySet', 'The keys of the user pool cannot be fetched', keySetFailures);
    alarms.watchQueue('deadLetters', 'Uploads that failed in every attempt', deadLetters);
    if (this.notices.undelivered) {
      alarms.watchQueue(
        'undelivered',
        'Notices that the webhook did not accept',
        this.notices.undelivered,
      );
      alarms.addAlarm(
        'noDelivery',
        'Notices were published for an hour, and none reached the webhook',
        this.notices.hourWithoutDelivery,
      );
    }
    alarms.addAlarm(
      'apiErrors',
      'The API answers 5xx',
      this.gateway.stage.metricServerError({ period: Duration.minutes(5) }),
    );
  }
}
