/** The HTTP API: whoever has a good token may ask presign for an upload. */

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

import { accept } from './acknowledge.ts';

/** Requests a second of all users together, and how many more for a moment. */
const THROTTLE = { rateLimit: 50, burstLimit: 100 };

/** Who asked what, and how it went; neither address nor token. */
const LOGGED = {
  requestId: '$context.requestId',
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
  /** A name of its own; then Amazon's is switched off. */
  readonly domain?: { readonly name: string; readonly certificate: ICertificate };
}

export class Gateway extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  readonly domain?: DomainName;
  /** Without a slash at its end. */
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
        allowMethods: [CorsHttpMethod.OPTIONS, CorsHttpMethod.POST],
        allowHeaders: ['authorization', 'content-type'],
        maxAge: Duration.minutes(10),
      },
    });
    this.stage = this.makeStage(props.logRetention);
    this.addRoutes(props);
    this.domain = props.domain && this.map(props.domain.name, props.domain.certificate);
    this.url = props.domain ? `https://${props.domain.name}` : this.api.apiEndpoint;
  }

  private makeStage(retention: RetentionDays): HttpStage {
    const logs = new LogGroup(this, 'Access', { retention, removalPolicy: RemovalPolicy.DESTROY });
    return new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      },
    });
  }

  private addRoutes(props: GatewayProps): void {
    const integration = new HttpLambdaIntegration('Presign', props.presign);
    this.api.addRoutes({
      path: '/avatars/key_upload',
      methods: [HttpMethod.POST],
      integration,
      authorizer: new HttpLambdaAuthorizer('Tokens', props.authorizer, {
        responseTypes: [HttpLambdaResponseType.SIMPLE],
        // A kept answer would outlive its token, which may end at any moment.
        resultsCacheTtl: Duration.seconds(0),
      }),
    });
    // The gateway answers a preflight by itself; this is for what only looks like one.
    const [options] = this.api.addRoutes({
      path: '/{proxy+}',
      methods: [HttpMethod.OPTIONS],
      integration,
    });
    accept(
      options!,
      'APIG4',
      'A preflight carries no token, and is told nothing but the allowed origins.',
    );
  }

  private map(name: string, certificate: ICertificate): DomainName {
    const domainName = new DomainName(this, 'Domain', { domainName: name, certificate });
    new ApiMapping(this, 'Mapping', { api: this.api, domainName, stage: this.stage });
    return domainName;
  }
}
