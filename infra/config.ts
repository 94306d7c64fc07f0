/** What may differ from one deployment to another. Chosen with `-c stage=…`; `dev` where nothing is said. */
import { defaultRateLimits, type RateLimitSettings } from '../shared/domain/rate-limit.ts';

export const stageNames = ['dev', 'prod', 'local'] as const;
export type StageName = (typeof stageNames)[number];

export type StageSettings = {
  stage: StageName;

  /**
   * Keeps tables, stream, queue, bucket and secret when their stack is deleted, and refuses to delete the tables
   * and the stack by accident. Without it everything goes with the stack.
   */
  protectData: boolean;

  stream: {
    /**
     * `on-demand` follows the load and costs more when idle; a number is that many shards, each good for 1,000
     * messages and 1 MB a second (docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
     */
    capacity: 'on-demand' | { shards: number };
    /**
     * How long the stream keeps a record. What deliver cannot store leaves it earlier, for the failure bucket: see
     * `deliver.retryAttempts` and `deliver.maximumRecordAgeMinutes`. 24 to 8,760.
     */
    retentionHours: number;
  };

  deliver: {
    /**
     * Gives deliver its own 2 MB/s a shard, pushed within about 70 ms, instead of one poll a second. Billed by the
     * shard-hour. Switching it replaces the event source mapping, and the new one reads the stream from its oldest
     * record: repeats are recognised and stored once, but expect that load.
     */
    enhancedFanOut: boolean;
    /** Records of one invocation: at most 10,000, and at most 6 MB after Base64. */
    batchSize: number;
    /** How often a failing batch is tried again before its records go to the failure bucket. */
    retryAttempts: number;
    /** Records older than this go to the failure bucket untried. 1 minute to 7 days. */
    maximumRecordAgeMinutes: number;
  };

  /** `closed`: nobody can register an account; existing users log in as before. Close it when your team is in. */
  registration: 'open' | 'closed';

  /** Limits per user, address and username, enforced by the functions themselves. */
  rateLimits: RateLimitSettings;

  /**
   * Requests a second, and at once, that each API lets in for all clients together. HTTP, WebSocket and the calls
   * that push to sockets share the account's quota (10,000 a second, burst 5,000, unless raised), so leave room.
   */
  throttle: { ratePerSecond: number; burst: number };

  /** Web origins that may call the HTTP API from a browser. Empty: no CORS, the web client shares the API's origin. */
  corsOrigins: string[];

  /**
   * The web client, on a CloudFront distribution that also leads to both APIs. `false` deploys the APIs alone. A domain
   * needs a certificate in us-east-1 (docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html)
   * and a DNS record that points to the distribution.
   */
  web: false | { domain?: { name: string; certificateArn: string } };

  logs: {
    level: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
    retentionDays: number;
    /**
     * WebSocket APIs write access logs through one role per account and region; without it their deployment fails
     * with "CloudWatch Logs role ARN must be set in account settings". `true` creates it and sets it for the whole
     * account and region, which other API Gateway APIs there share; `false` where the account already has one.
     */
    createApiGatewayRole: boolean;
  };

  /** Undeliverable records hold message text: the failure bucket forgets them after this many days. */
  failureRetentionDays: number;

  /** SNS topic told when a message becomes a dead letter. Without it the alarm only shows in CloudWatch. */
  alarmTopicArn?: string;
};

const dev: StageSettings = {
  stage: 'dev',
  protectData: false,
  stream: { capacity: { shards: 2 }, retentionHours: 24 },
  deliver: { enhancedFanOut: false, batchSize: 100, retryAttempts: 50, maximumRecordAgeMinutes: 12 * 60 },
  registration: 'open',
  rateLimits: defaultRateLimits,
  throttle: { ratePerSecond: 500, burst: 500 },
  corsOrigins: [],
  web: {},
  logs: { level: 'DEBUG', retentionDays: 7, createApiGatewayRole: true },
  failureRetentionDays: 90,
};

const stages: Record<StageName, StageSettings> = {
  dev,
  prod: {
    ...dev,
    stage: 'prod',
    protectData: true,
    stream: { capacity: 'on-demand', retentionHours: 72 },
    deliver: { ...dev.deliver, enhancedFanOut: true },
    throttle: { ratePerSecond: 4000, burst: 2000 },
    logs: { ...dev.logs, level: 'INFO', retentionDays: 30 },
  },
  /** What the embedded runtime runs. Everyone there comes from one address, so limits of an address are off. */
  local: {
    ...dev,
    stage: 'local',
    // The embedded runtime serves it itself.
    web: false,
    rateLimits: { ...defaultRateLimits, registrations: null, logins: null },
    // A record that cannot be stored is to be seen soon by whoever tries that.
    deliver: { ...dev.deliver, retryAttempts: 10 },
    logs: { ...dev.logs, level: 'INFO', createApiGatewayRole: false },
  },
};

export function stageSettings(name: unknown): StageSettings {
  const stage = stageNames.find((known) => known === name);
  if (!stage) throw new Error(`Unknown stage "${String(name)}": use -c stage=${stageNames.join('|')}`);
  return stages[stage];
}
