/** The HTTP API. A request with a valid access token reaches presign. */

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  CorsHttpMethod,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

import { acknowledge } from './acknowledge.ts';

/** Requests per second of all users together, and the size of a burst. */
const THROTTLE = { rateLimit: 50, burstLimit: 100 };

/**
 * Fields of the access log. The user id, which the authorizer has verified, attributes abuse. IP addresses and
 * tokens are left out on purpose.
 */
const ACCESS_LOG_FIELDS = {
  requestId: '$context.requestId',
  sub: '$context.authorizer.sub',
  route: '$context.routeKey',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  error: '$context.error.message',
  authorizer: '$context.authorizer.error',
  integration: '$context.integrationErrorMessage',
};

export interface GatewayProps {
  readonly presign: IFunction;
  readonly authorizer: IFunction;
  /** Origins of the pages that may call. */
  readonly origins: string[];
  readonly logRetention: RetentionDays;
  /** A custom domain name. It disables the default execute-api address. */
  readonly domain?: { readonly name: string; readonly certificate: ICertificate };
}

export class Gateway extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  readonly domain?: DomainName;
  /** Base URL, without a trailing slash. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: `${Stack.of(this).stackName}-uploads`,
      description: 'Uploads of avatars',
      createDefaultStage: false,
      disableExecuteApiEndpoint: props.domain !== undefined,
      corsPreflight: {
        allowOrigins: props.origins,
        allowMethods: [CorsHttpMethod.DELETE, CorsHttpMethod.OPTIONS, CorsHttpMethod.POST],
        allowHeaders: ['authorization', 'content-type'],
        maxAge: Duration.minutes(10),
      },
    });
    this.stage = this.createStage(props.logRetention);
    this.addRoutes(props);
    this.domain = props.domain && this.mapDomain(props.domain.name, props.domain.certificate);
    this.url = props.domain ? `https://${props.domain.name}` : this.api.apiEndpoint;
  }

  private createStage(retention: RetentionDays): HttpStage {
    const logs = new LogGroup(this, 'Access', { retention, removalPolicy: RemovalPolicy.DESTROY });
    return new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_FIELDS)),
      },
    });
  }

  private addRoutes(props: GatewayProps): void {
    const integration = new HttpLambdaIntegration('Presign', props.presign);
    const authorizer = new HttpLambdaAuthorizer('Tokens', props.authorizer, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      // A cached answer could outlive its token.
      resultsCacheTtl: Duration.seconds(0),
    });
    const upload = { path: '/avatars/key_upload', methods: [HttpMethod.POST] };
    const removal = { path: '/avatars', methods: [HttpMethod.DELETE] };
    for (const route of [upload, removal]) {
      this.api.addRoutes({ ...route, integration, authorizer });
    }
    // The gateway answers a CORS preflight by itself. This route is for an OPTIONS request that is not one.
    const [options] = this.api.addRoutes({
      path: '/{proxy+}',
      methods: [HttpMethod.OPTIONS],
      integration,
    });
    acknowledge(
      options!,
      'APIG4',
      'A preflight carries no token. The answer contains the allowed origins only.',
    );
  }

  private mapDomain(name: string, certificate: ICertificate): DomainName {
    const domainName = new DomainName(this, 'Domain', { domainName: name, certificate });
    new ApiMapping(this, 'Mapping', { api: this.api, domainName, stage: this.stage });
    return domainName;
  }
}
