/** The CDK app: one stack, and a second one in us-east-1 where CloudFront's certificate needs it. */

import { App, type AppProps, Stack, Validations } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AwsSolutionsChecks } from 'cdk-nag';

import { AvatarsStack, certificate, hostedZone } from './avatars-stack.ts';
import type { Settings } from './settings.ts';

/** CloudFront accepts certificates of this region only. */
const CLOUDFRONT_REGION = 'us-east-1';

/** Creates the app. Its synthesis fails on every cdk-nag finding that is not acknowledged. */
export function avatarsApp(settings: Settings, props: AppProps = {}): App {
  const app = new App({ analyticsReporting: false, ...props });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const assetsCertificate = certificateInUsEast1(app, settings);
  new AvatarsStack(app, 'CruddurAvatars', {
    description: 'Uploads in, avatars out',
    env: { region: settings.region, account: settings.account },
    crossRegionReferences: assetsCertificate !== undefined,
    settings,
    assetsCertificate,
  });
  return app;
}

function certificateInUsEast1(
  app: App,
  { domain, region, account }: Settings,
): ICertificate | undefined {
  const needed =
    domain?.hostedZoneId && !domain.assetsCertificateArn && region !== CLOUDFRONT_REGION;
  if (!needed) return undefined;
  const stack = new Stack(app, 'CruddurAvatarsCertificate', {
    description: 'The certificate of the CloudFront distribution',
    env: { region: CLOUDFRONT_REGION, account },
    crossRegionReferences: true,
  });
  return certificate(
    stack,
    'AssetsCertificate',
    undefined,
    `assets.${domain.name}`,
    hostedZone(stack, domain),
  );
}
