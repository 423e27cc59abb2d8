/** Reads and validates the settings of the stack from environment variables. */

/** A custom domain, with its zone or its certificates. */
export interface DomainSettings {
  /** `example.com`: avatars come from `assets.example.com`. */
  readonly name: string;
  /** Name of the HTTP API; `upload.<name>` unless API_DOMAIN_NAME says otherwise. */
  readonly apiName: string;
  /** Hosted zone of `name` in Route 53, for alias records and for the validation of certificates. */
  readonly hostedZoneId?: string;
  /** Existing certificate of `assets.<name>`, in us-east-1. Default: the stack requests one. */
  readonly assetsCertificateArn?: string;
  /** Existing certificate of `apiName`, in the region of the stack. Default: the stack requests one. */
  readonly apiCertificateArn?: string;
}

/** All settings. */
export interface Settings {
  /** UPLOADS_BUCKET_NAME: bucket of the uploaded photos. */
  readonly uploadsBucketName: string;
  /** ASSETS_BUCKET_NAME: bucket of the avatars. */
  readonly assetsBucketName: string;
  /** ASSETS_BUCKET_EXISTS (`false`): whether that bucket exists already and is imported. */
  readonly assetsBucketExists: boolean;
  /** THUMBING_S3_FOLDER_INPUT: folder of the uploads, without leading or trailing slashes. */
  readonly folderInput: string;
  /** THUMBING_S3_FOLDER_OUTPUT: folder of the avatars. */
  readonly folderOutput: string;
  /** THUMBING_WEBHOOK_URL: webhook of the app. */
  readonly webhookUrl: string;
  /** THUMBING_TOPIC_NAME: the topic that sends notices to the webhook. */
  readonly topicName: string;
  /** THUMBING_FUNCTION_PATH: folder with the functions' zips. */
  readonly functionPath: string;
  /** USER_POOL_ID: the pool whose access tokens are accepted. */
  readonly userPoolId: string;
  /** CLIENT_ID: the clients of the pool that may upload, separated by commas. */
  readonly clientIds: readonly string[];
  /** CORS_ORIGINS: origins of the pages of the app, separated by commas. */
  readonly corsOrigins: readonly string[];
  /** UPLOADS_EXPIRE_DAYS (30): age at which uploads are deleted. */
  readonly uploadsExpireDays: number;
  /** UPLOADS_PER_HOUR (20): uploads of one user in an hour, and as many removals. */
  readonly uploadsPerHour: number;
  /** ALARM_EMAIL: address that receives alarms. */
  readonly alarmEmail?: string;
  /** DOMAIN_NAME, API_DOMAIN_NAME, HOSTED_ZONE_ID, ASSETS_CERTIFICATE_ARN, API_CERTIFICATE_ARN. */
  readonly domain?: DomainSettings;
  /** CDK_DEFAULT_REGION, else AWS_REGION. Without both, the template works in every region. */
  readonly region?: string;
  /** CDK_DEFAULT_ACCOUNT. */
  readonly account?: string;
}

/** Lists every problem of the environment. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(['the environment variables are not valid:', ...problems].join('\n  '));
    this.name = 'SettingsError';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A check of a value, and the text that describes a valid value. */
interface Rule {
  readonly accepts: (text: string) => boolean;
  readonly expected: string;
}

const matching = (pattern: RegExp, expected: string): Rule => ({
  accepts: (text) => pattern.test(text),
  expected,
});

const BUCKET = matching(
  /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'the name of a bucket: 3 to 63 of a-z, 0-9, "-" and "."',
);
/** The folders `refused/` and `permits/` are reserved: process records refusals and used permits there. */
const FOLDER = matching(/^(?!(refused|permits)(\/|$))[\w-]+(\/[\w-]+)*$/, 'a folder like avatars/original');
const TOPIC = matching(
  /^[\w-]{1,256}$/,
  'the name of a topic: 1 to 256 letters, digits, "-" and "_"',
);
const POOL = matching(
  /^[a-z]{2}(-[a-z]+)+-\d_[0-9A-Za-z]+$/,
  'the id of a user pool like eu-central-1_AbC123',
);
const CLIENT = matching(/^[\w+]{1,128}$/, 'the id of an app client');
const NAME = matching(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'a name like example.com');
const ZONE = matching(/^Z[0-9A-Z]{1,31}$/, 'the id of a hosted zone like Z0123456789ABC');
const EMAIL = matching(/^[^\s@]+@[^\s@]+$/, 'an address like ops@example.com');
const TRUTH = matching(/^(true|false)$/, 'true or false');
const ANYTHING: Rule = { accepts: () => true, expected: 'set' };
const CERTIFICATE = matching(
  /^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/.+$/,
  'the ARN of a certificate',
);
const GLOBAL_CERTIFICATE = matching(
  /^arn:[\w-]+:acm:us-east-1:\d{12}:certificate\/.+$/,
  'the ARN of a certificate in us-east-1, where CloudFront looks for it',
);
const DAYS: Rule = {
  accepts: (text) => /^\d{1,4}$/.test(text) && Number(text) >= 15 && Number(text) <= 3650,
  expected: 'a whole number from 15 (uploads must be kept longer than their dead letters) to 3650',
};
const PER_HOUR: Rule = {
  accepts: (text) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 10_000,
  expected: 'a whole number from 1 to 10000',
};
/** Plain HTTP is allowed for loopback only, which a topic of AWS cannot reach. */
const WEBHOOK: Rule = {
  accepts: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  },
  expected: 'an address like https://example.com/webhooks/avatar',
};
const ORIGIN: Rule = {
  accepts: (text) => URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text),
  expected: 'origins like https://example.com: no path, no slash at the end, no *',
};

function isLoopback(url: URL): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}

/** Reads variables and collects their problems. */
class Reader {
  readonly problems: string[] = [];

  constructor(private readonly environment: Environment) {}

  optional(name: string, rule: Rule, normalize = (text: string) => text): string | undefined {
    const text = normalize(this.environment[name]?.trim() ?? '');
    if (text === '') return undefined;
    if (!rule.accepts(text)) this.reject(name, rule, text);
    return text;
  }

  required(name: string, rule: Rule, normalize?: (text: string) => string): string {
    const text = this.optional(name, rule, normalize);
    if (text === undefined) this.problems.push(`${name} is not set; it must be ${rule.expected}`);
    return text ?? '';
  }

  /** A folder. Leading and trailing slashes are removed, as in the functions. */
  folder(name: string): string {
    return this.required(name, FOLDER, (text) => text.replace(/^\/+|\/+$/g, ''));
  }

  /** One or more values, separated by commas. */
  list(name: string, rule: Rule): string[] {
    const text = this.environment[name] ?? '';
    const items = text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    if (items.length === 0) this.problems.push(`${name} is not set; it must be ${rule.expected}`);
    if (!items.every(rule.accepts)) this.reject(name, rule, text);
    return items;
  }

  private reject(name: string, rule: Rule, text: string): void {
    this.problems.push(`${name} must be ${rule.expected}, not ${JSON.stringify(text)}`);
  }
}

/**
 * Reads the settings.
 *
 * @throws SettingsError which names every variable that is missing or not valid.
 */
export function readSettings(environment: Environment, zips: string): Settings {
  const reader = new Reader(environment);
  const region =
    reader.optional('CDK_DEFAULT_REGION', ANYTHING) ?? reader.optional('AWS_REGION', ANYTHING);
  const settings: Settings = {
    uploadsBucketName: reader.required('UPLOADS_BUCKET_NAME', BUCKET),
    assetsBucketName: reader.required('ASSETS_BUCKET_NAME', BUCKET),
    assetsBucketExists: reader.optional('ASSETS_BUCKET_EXISTS', TRUTH) === 'true',
    folderInput: reader.folder('THUMBING_S3_FOLDER_INPUT'),
    folderOutput: reader.folder('THUMBING_S3_FOLDER_OUTPUT'),
    webhookUrl: reader.required('THUMBING_WEBHOOK_URL', WEBHOOK),
    topicName: reader.required('THUMBING_TOPIC_NAME', TOPIC),
    functionPath: reader.optional('THUMBING_FUNCTION_PATH', ANYTHING) ?? zips,
    userPoolId: reader.required('USER_POOL_ID', POOL),
    clientIds: reader.list('CLIENT_ID', CLIENT),
    corsOrigins: reader.list('CORS_ORIGINS', ORIGIN),
    uploadsExpireDays: Number(reader.optional('UPLOADS_EXPIRE_DAYS', DAYS) ?? 30),
    uploadsPerHour: Number(reader.optional('UPLOADS_PER_HOUR', PER_HOUR) ?? 20),
    alarmEmail: reader.optional('ALARM_EMAIL', EMAIL),
    domain: readDomain(reader, region),
    region,
    account: reader.optional('CDK_DEFAULT_ACCOUNT', ANYTHING),
  };
  const { problems } = reader;
  if (
    settings.uploadsBucketName !== '' &&
    settings.uploadsBucketName === settings.assetsBucketName
  ) {
    problems.push(
      'ASSETS_BUCKET_NAME must be another bucket than UPLOADS_BUCKET_NAME: uploads are private, avatars public',
    );
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

function readDomain(reader: Reader, region: string | undefined): DomainSettings | undefined {
  const name = reader.optional('DOMAIN_NAME', NAME);
  const apiName = reader.optional('API_DOMAIN_NAME', NAME);
  const hostedZoneId = reader.optional('HOSTED_ZONE_ID', ZONE);
  const assetsCertificateArn = reader.optional('ASSETS_CERTIFICATE_ARN', GLOBAL_CERTIFICATE);
  const apiCertificateArn = reader.optional('API_CERTIFICATE_ARN', CERTIFICATE);
  const parts = { apiName, hostedZoneId, assetsCertificateArn, apiCertificateArn };
  if (name === undefined) {
    if (Object.values(parts).some(Boolean)) {
      reader.problems.push('DOMAIN_NAME is not set, but other variables of the domain are set');
    }
    return undefined;
  }
  if (!hostedZoneId && !(assetsCertificateArn && apiCertificateArn)) {
    reader.problems.push(
      'HOSTED_ZONE_ID is not set: with DOMAIN_NAME it is needed to validate certificates, ' +
        'unless ASSETS_CERTIFICATE_ARN and API_CERTIFICATE_ARN are set',
    );
  }
  if (hostedZoneId && !assetsCertificateArn && !region) {
    reader.problems.push(
      'AWS_REGION is not set: with HOSTED_ZONE_ID it decides whether a second stack in us-east-1 is needed',
    );
  }
  return { ...parts, name, apiName: apiName ?? `upload.${name}` };
}
