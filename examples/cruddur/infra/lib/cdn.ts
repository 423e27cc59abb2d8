/** The distribution in front of the avatars: the only one who may read the bucket for the public. */

import { Duration } from 'aws-cdk-lib';
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
import { BucketPolicy, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { accept } from './acknowledge.ts';

export interface DeliveryProps {
  readonly bucket: IBucket;
  /** Whether the bucket is another's, so that its policy is not written with it. */
  readonly imported: boolean;
  /** Origins of the pages that may read pixels, and not only show them. */
  readonly origins: string[];
  /** A name of its own, with a certificate in us-east-1. */
  readonly domain?: { readonly name: string; readonly certificate: ICertificate };
}

export class Delivery extends Construct {
  readonly distribution: Distribution;
  /** Without a slash at its end. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: DeliveryProps) {
    super(scope, id);
    const { bucket, domain } = props;
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'Avatars',
      domainNames: domain && [domain.name],
      certificate: domain?.certificate,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(bucket),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
        // As long as each object says: versions for ever, the alias for a minute.
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy: this.headers(props.origins),
      },
    });
    if (props.imported) this.allow(bucket);
    this.url = `https://${domain?.name ?? this.distribution.distributionDomainName}`;
    this.acceptFindings(domain !== undefined);
  }

  private headers(origins: string[]): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'Headers', {
      comment: 'Avatars are pictures, whatever they contain',
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

  /** The policy that a bucket of the stack gets by itself. CloudFormation overwrites no other. */
  private allow(bucket: IBucket): void {
    const policy = new BucketPolicy(this, 'AssetsPolicy', { bucket });
    policy.document.addStatements(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:*'],
        resources: [bucket.bucketArn, bucket.arnForObjects('*')],
        conditions: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
        actions: ['s3:GetObject'],
        resources: [bucket.arnForObjects('*')],
        conditions: { StringEquals: { 'AWS:SourceArn': this.distribution.distributionArn } },
      }),
    );
  }

  private acceptFindings(named: boolean): void {
    const { distribution } = this;
    accept(distribution, 'CFR1', 'Avatars are for everybody, wherever they are.');
    accept(
      distribution,
      'CFR2',
      'GET of static pictures reaches no code that a firewall would protect.',
    );
    accept(
      distribution,
      'CFR3',
      'Logs would keep the addresses of people beside whom they looked at.',
    );
    if (!named)
      accept(
        distribution,
        'CFR4',
        "Amazon's own name allows no choice of TLS versions; DOMAIN_NAME does.",
      );
  }
}
