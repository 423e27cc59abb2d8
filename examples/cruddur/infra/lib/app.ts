/** The app: one stack, and a second one where CloudFront's certificate has to be elsewhere. */

import { App, type AppProps, Stack, Validations } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AwsSolutionsChecks } from 'cdk-nag';

import { AvatarsStack, certificate, hostedZone } from './avatars-stack.ts';
import type { Settings } from './settings.ts';

/** Where CloudFront looks for certificates. */
const CLOUDFRONT_REGION = 'us-east-1';

/** The app; its synthesis fails on a finding of cdk-nag that nobody has accepted. */
export function avatarsApp(settings: Settings, props: AppProps = {}): App {
  const app = new App({ analyticsReporting: false, ...props });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const assetsCertificate = certificateElsewhere(app, settings);
  new AvatarsStack(app, 'CruddurAvatars', {
    description: 'Uploads in, avatars out',
    env: { region: settings.region, account: settings.account },
    crossRegionReferences: assetsCertificate !== undefined,
    settings,
    assetsCertificate,
  });
  return app;
}

function certificateElsewhere(
  app: App,
  { domain, region, account }: Settings,
): ICertificate | undefined {
  const needed =
    domain?.hostedZoneId && !domain.assetsCertificateArn && region !== CLOUDFRONT_REGION;
  if (!needed) return undefined;
  const stack = new Stack(app, 'CruddurAvatarsCertificate', {
    description: 'The certificate of the avatars, where CloudFront looks for it',
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
