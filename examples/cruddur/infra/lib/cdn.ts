/** The CloudFront distribution of the avatars. The public reads the bucket through it only. */

import { Annotations, Duration } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  PriceClass,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, BucketPolicy, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { acknowledge } from './acknowledge.ts';

/** Folder of the banners in the bucket. */
const FOLDER_BANNERS = 'banners';

export interface CdnProps {
  readonly bucket: IBucket;
  /** Name of the bucket. */
  readonly bucketName: string;
  /** Folder of the avatars. The distribution reads this folder and that of the banners, and nothing else. */
  readonly folder: string;
  /** Folder of the uploads, which it never reads, even if the folder is inside of that of the avatars. */
  readonly folderInput: string;
  /** Whether the bucket is imported. Then this construct writes its whole policy. */
  readonly imported: boolean;
  /** Origins of the pages that may read the pixels (CORS). Every page may show the avatars. */
  readonly origins: string[];
  /** A custom domain name, with a certificate in us-east-1. */
  readonly domain?: { readonly name: string; readonly certificate: ICertificate };
}

export class Cdn extends Construct {
  readonly distribution: Distribution;
  /** Base URL, without a trailing slash. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: CdnProps) {
    super(scope, id);
    const { domain } = props;
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'Avatars',
      domainNames: domain && [domain.name],
      certificate: domain?.certificate,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(this.withoutPolicy(props)),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
        cachePolicy: this.cachePolicy(),
        responseHeadersPolicy: this.headers(props.origins),
      },
    });
    this.addBucketPolicy(props);
    this.url = `https://${domain?.name ?? this.distribution.distributionDomainName}`;
    this.acknowledgeFindings(domain !== undefined);
  }

  /**
   * Follows the Cache-Control of each object: a day for versions, a minute for the alias. The maximum is a day also
   * for an object that says otherwise, so that a removed avatar does not stay in a cache.
   */
  private cachePolicy(): CachePolicy {
    return new CachePolicy(this, 'Cache', {
      comment: 'As the origin says, at most a day',
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.minutes(1),
      maxTtl: Duration.days(1),
    });
  }

  private headers(origins: string[]): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'Headers', {
      comment: 'Prevents that an object in the bucket runs as a page',
      securityHeadersBehavior: {
        contentSecurityPolicy: {
          contentSecurityPolicy: "default-src 'none'; sandbox",
          override: true,
        },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
      },
      customHeadersBehavior: {
        customHeaders: [
          { header: 'Cross-Origin-Resource-Policy', value: 'cross-origin', override: true },
        ],
      },
      corsBehavior: {
        accessControlAllowOrigins: origins,
        accessControlAllowMethods: ['GET', 'HEAD'],
        accessControlAllowHeaders: ['*'],
        accessControlAllowCredentials: false,
        accessControlMaxAge: Duration.minutes(10),
        originOverride: true,
      },
    });
  }

  /**
   * A reference to the bucket that CDK does not write a policy for. Its own policy would allow the distribution to read
   * the whole bucket.
   */
  private withoutPolicy({ bucketName }: CdnProps): IBucket {
    const bucket = Bucket.fromBucketName(this, 'Origin', bucketName);
    Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:updateImportedBucketPolicyOac');
    return bucket;
  }

  private addBucketPolicy(props: CdnProps): void {
    const { bucket, folder, folderInput } = props;
    const read = (effect: Effect, folders: string[]) =>
      new PolicyStatement({
        effect,
        principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
        actions: ['s3:GetObject'],
        resources: folders.map((name) => bucket.arnForObjects(`${name}/*`)),
        conditions: { StringEquals: { 'AWS:SourceArn': this.distribution.distributionArn } },
      });
    const statements = [read(Effect.ALLOW, [folder, FOLDER_BANNERS]), read(Effect.DENY, [folderInput])];
    if (!props.imported) {
      for (const statement of statements) bucket.addToResourcePolicy(statement);
      return;
    }
    const policy = new BucketPolicy(this, 'AssetsPolicy', { bucket });
    policy.document.addStatements(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:*'],
        resources: [bucket.bucketArn, bucket.arnForObjects('*')],
        conditions: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
      ...statements,
    );
  }

  private acknowledgeFindings(hasDomain: boolean): void {
    const { distribution } = this;
    acknowledge(distribution, 'CFR1', 'Avatars are public in every country.');
    acknowledge(
      distribution,
      'CFR2',
      'A GET of a static picture runs no code that a firewall could protect.',
    );
    acknowledge(
      distribution,
      'CFR3',
      'Logs would store IP addresses together with the avatars that were requested.',
    );
    if (!hasDomain)
      acknowledge(
        distribution,
        'CFR4',
        "The default CloudFront name has a fixed TLS policy. A custom DOMAIN_NAME uses TLSv1.2_2021.",
      );
  }
}
