/** The embedded runtime in a process of its own, so that the load it is under is not in its own event loop. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionTally } from '../../local/invocation-tally.ts';
import { type Runtime, startRuntime } from '../../local/runtime.ts';
import { defaultRateLimits, type RateLimitSettings } from '../../shared/domain/rate-limit.ts';

export type Question = 'report' | 'stop';
export type Report = {
  url: string;
  webSocketUrl: string;
  invocations: Record<string, FunctionTally>;
  residentMegabytes: number;
  /** Where the emulators are and what they hold, for crowds that are written into the tables. */
  stores: Pick<Runtime, 'endpoints' | 'region' | 'accessKeyId' | 'tableNames'> & {
    tokenSecret: string;
    streamName: string;
  };
  /** Of the process that is DynamoDB here. */
  databaseMegabytes: number;
  /** What a function needs to be imported on its own. */
  environment: Record<string, string>;
};

/** Read at the start of a function, and not used before its first invocation. */
const otherVariables = [
  'USERS_TABLE',
  'CREDENTIALS_TABLE',
  'CONVERSATIONS_TABLE',
  'MEMBERS_TABLE',
  'MESSAGES_TABLE',
  'INBOX_TABLE',
  'IDEMPOTENCY_TABLE',
  'PRESENCE_TABLE',
  'SUBSCRIPTIONS_TABLE',
  'ENDED_MEMBERSHIPS_TABLE',
  'RATE_LIMITS_TABLE',
  'CONVERSATION_COUNTS_TABLE',
  'STREAM_NAME',
  'DEAD_LETTER_QUEUE_URL',
  'FAN_OUT_QUEUE_URL',
  'REGISTRATION',
  'PARLEY_VERSION',
];

const [assemblyDirectory = '', dataDirectory = ''] = process.argv.slice(2);

/** Twenty people shall send what the machine bears: only the limit on messages is lifted. */
const rateLimits: RateLimitSettings = {
  ...defaultRateLimits,
  messages: { perSecond: 1_000, burst: 1_000 },
  registrations: null,
};

const runtime = await startRuntime({
  assemblyDirectory,
  dataDirectory,
  port: 0,
  lambda: { environment: { RATE_LIMIT_SETTINGS: JSON.stringify(rateLimits) } },
});
report();

// With its parent, however that ends.
process.on('disconnect', () => process.exit());
process.on('message', async (question: Question) => {
  if (question === 'report') return report();
  await runtime.close();
  process.exit();
});

function report(): void {
  const answer: Report = {
    url: runtime.url,
    webSocketUrl: runtime.webSocketUrl,
    invocations: runtime.invocations(),
    residentMegabytes: process.memoryUsage.rss() / 2 ** 20,
    databaseMegabytes: databaseMegabytes(),
    stores: {
      endpoints: runtime.endpoints,
      region: runtime.region,
      accessKeyId: runtime.accessKeyId,
      tableNames: runtime.tableNames,
      tokenSecret: runtime.physicalName('TokenSecret'),
      streamName: Object.keys(runtime.streamCounters())[0] ?? '',
    },
    environment: {
      AWS_REGION: runtime.region,
      AWS_ACCESS_KEY_ID: runtime.accessKeyId,
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: runtime.endpoints.secretsManager,
      TOKEN_SECRET_ARN: runtime.physicalName('TokenSecret'),
      USER_ID_SECRET_ARN: runtime.physicalName('UserIdSecret'),
      FINGERPRINT_SECRET_ARN: runtime.physicalName('FingerprintSecret'),
      EDGE_SECRET_ARN: runtime.physicalName('EdgeSecret'),
      RATE_LIMIT_SETTINGS: JSON.stringify(rateLimits),
      ...Object.fromEntries(otherVariables.map((name) => [name, 'unused'])),
    },
  };
  process.send?.(answer);
}

/** 0 where there is no such process of ours, or no `/proc`. */
function databaseMegabytes(): number {
  try {
    const pid = Number.parseInt(readFileSync(join(dataDirectory, 'dynamodb.pid'), 'utf8'), 10);
    const [, kilobytes = '0'] =
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return 0;
  }
}
