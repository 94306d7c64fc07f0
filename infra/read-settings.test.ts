import { describe, expect, test } from 'vitest';
import { StageSettings } from './config.ts';
import { readSettings } from './read-settings.ts';
import { stageNames, stageSettings } from './stages.ts';

/** What is told about a stage whose definition is wrong, without the line that names the stage. */
function told(definition: unknown): string[] {
  try {
    readSettings('mine', definition);
  } catch (error) {
    const [first, ...problems] = String(error).split('\n  ');
    expect(first).toBe('Error: Stage "mine" in infra/stages.ts:');
    return problems;
  }
  return [];
}

const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/0123abcd-01ab-4567-89ab-0123456789ab';
const webAclArn =
  'arn:aws:wafv2:us-east-1:123456789012:global/webacl/chat/0123abcd-01ab-4567-89ab-0123456789ab';

/** For each setting a value that is refused, and what is said. */
const refused: Record<string, [definition: unknown, problem: string][]> = {
  region: [
    [
      { region: 'Ireland' },
      'setting "region" must be the name of a region, such as "eu-west-1", not "Ireland"',
    ],
  ],
  protectData: [[{ protectData: 'yes' }, 'setting "protectData" must be true or false, not "yes"']],
  stream: [
    [
      { stream: { capacity: 4 } },
      'setting "stream.capacity" must be "on-demand" or { shards: a whole number from 1 to 10000 }, not 4',
    ],
    [
      { stream: { capacity: { shards: 0 } } },
      'setting "stream.capacity.shards" must be a whole number from 1 to 10000, not 0',
    ],
    [
      { stream: { retentionHours: 12 } },
      'setting "stream.retentionHours" must be a whole number from 24 to 8760, not 12',
    ],
    [{ stream: { shards: 4 } }, 'setting "stream.shards" is unknown: "stream" has capacity, retentionHours'],
    [{ stream: 4 }, 'setting "stream" must be an object with capacity, retentionHours, not 4'],
  ],
  cache: [
    [
      { cache: true },
      'setting "cache" must be false, {} or { maximumGigabytes: 1 to 5000, maximumEcpusPerSecond: 1000 to 15000000 }, not true',
    ],
    [
      { cache: { maximumGigabytes: 0 } },
      'setting "cache.maximumGigabytes" must be a whole number from 1 to 5000, not 0',
    ],
  ],
  deliver: [
    [{ deliver: { enhancedFanOut: 1 } }, 'setting "deliver.enhancedFanOut" must be true or false, not 1'],
    [
      { deliver: { batchSize: 10_001 } },
      'setting "deliver.batchSize" must be a whole number from 1 to 10000, not 10001',
    ],
    [
      { deliver: { retryAttempts: -1 } },
      'setting "deliver.retryAttempts" must be a whole number from 0 to 10000, not -1',
    ],
    [
      { deliver: { maximumRecordAgeMinutes: 0.5 } },
      'setting "deliver.maximumRecordAgeMinutes" must be a whole number from 1 to 10080, not 0.5',
    ],
    [
      { deliver: { maximumRecordAgeMinutes: 25 * 60 }, stream: { retentionHours: 24 } },
      'setting "deliver.maximumRecordAgeMinutes" must not be more than "stream.retentionHours": what the stream has forgotten cannot be kept',
    ],
  ],
  fanOut: [
    [
      { fanOut: { maximumConcurrency: 1 } },
      'setting "fanOut.maximumConcurrency" must be a whole number from 2 to 1000, not 1',
    ],
    [
      { fanOut: { maxReceiveCount: 0 } },
      'setting "fanOut.maxReceiveCount" must be a whole number from 1 to 1000, not 0',
    ],
  ],
  registration: [
    [{ registration: 'off' }, 'setting "registration" must be one of "open", "closed", not "off"'],
  ],
  sessionDays: [[{ sessionDays: 0 }, 'setting "sessionDays" must be a whole number from 1 to 3650, not 0']],
  auth: [
    [
      { auth: 'oidc' },
      'setting "auth" must be "built-in" or { issuer: "https://id.example.com", audience: "parley" }, not "oidc"',
    ],
    [
      { auth: { issuer: 'http://id.example.com', audience: 'parley' } },
      'setting "auth.issuer" must be an address with https, without query or fragment, such as "https://id.example.com", not "http://id.example.com"',
    ],
    [
      { auth: { issuer: 'https://id.example.com/?tenant=1', audience: 'parley' } },
      'setting "auth.issuer" must be an address with https, without query or fragment, such as "https://id.example.com", not "https://id.example.com/?tenant=1"',
    ],
    [
      { auth: { issuer: 'https://id.example.com' } },
      'setting "auth" must be "built-in" or { issuer: "https://id.example.com", audience: "parley" }, not {"issuer":"https://id.example.com"}',
    ],
  ],
  rateLimits: [
    [
      { rateLimits: { ...stageSettings('dev').rateLimits, messages: { perSecond: 0, burst: 1.5 } } },
      'setting "rateLimits.messages.perSecond" must be a number from 0.001, not 0\n  setting "rateLimits.messages.burst" must be a whole number from 1, not 1.5',
    ],
    [
      { rateLimits: { ...stageSettings('dev').rateLimits, messages: { perSecond: 1 } } },
      'setting "rateLimits.messages.burst" is missing',
    ],
  ],
  throttle: [
    [
      { throttle: { ratePerSecond: '500' } },
      'setting "throttle.ratePerSecond" must be a whole number from 1 to 1000000, not "500"',
    ],
    [{ throttle: { burst: 0 } }, 'setting "throttle.burst" must be a whole number from 1 to 1000000, not 0'],
    [
      { throttle: { signIn: { ratePerSecond: 0.5 } } },
      'setting "throttle.signIn.ratePerSecond" must be a whole number from 1 to 1000000, not 0.5',
    ],
    [
      { throttle: { health: {} } },
      'setting "throttle.health" is unknown: "throttle" has ratePerSecond, burst, signIn, open',
    ],
  ],
  reservedConcurrency: [
    [
      { reservedConcurrency: { 'http-users': -1 } },
      'setting "reservedConcurrency.http-users" must be a whole number from 0 to 100000, not -1',
    ],
    [
      { reservedConcurrency: { 'http-user': 5 } },
      'setting "reservedConcurrency.http-user" must be one of "websocket-authorizer", "websocket-connect",',
    ],
  ],
  emulated: [
    [
      { emulated: true },
      'setting "emulated" must be false or { endpoint: "http://127.0.0.1:4566" }, not true',
    ],
    [{ emulated: { endpoint: ':4566' } }, 'setting "emulated.endpoint" must be an address, such as'],
  ],
  corsOrigins: [
    [
      { corsOrigins: 'https://a.example' },
      'setting "corsOrigins" must be a list of origins, not "https://a.example"',
    ],
    [
      { corsOrigins: ['*'] },
      'setting "corsOrigins.0" must be an origin, such as "https://app.example.com", not "*"',
    ],
  ],
  web: [
    [
      { web: true },
      'setting "web" must be false, {} or { domain: { name: "chat.example.com", certificateArn: the ARN of a certificate in us-east-1 }, firewall: { requestsPerFiveMinutes: 3000 } }, not true',
    ],
    [
      { region: 'us-east-1', web: { firewall: { requestsPerFiveMinutes: 9 } } },
      'setting "web.firewall.requestsPerFiveMinutes" must be a whole number from 10 to 2000000000, not 9',
    ],
    [
      { web: { firewall: { webAclArn: webAclArn.replace('us-east-1', 'eu-west-1') } } },
      'setting "web.firewall.webAclArn" must be the ARN of a web ACL for CloudFront, in us-east-1, not',
    ],
    [
      { region: 'eu-west-1', web: { firewall: { requestsPerFiveMinutes: 3_000 } } },
      'setting "web.firewall.requestsPerFiveMinutes" needs "region" to be "us-east-1", where web ACLs for CloudFront are',
    ],
    [
      { web: { firewall: { requestsPerFiveMinutes: 3_000 } } },
      'setting "web.firewall.requestsPerFiveMinutes" needs "region" to be "us-east-1", where web ACLs for CloudFront are',
    ],
    [
      { web: { domain: { name: 'chat', certificateArn } } },
      'setting "web.domain.name" must be a domain, such as "chat.example.com", not "chat"',
    ],
    [
      {
        web: {
          domain: {
            name: 'chat.example.com',
            certificateArn: certificateArn.replace('us-east-1', 'eu-west-1'),
          },
        },
      },
      'setting "web.domain.certificateArn" must be the ARN of a certificate in us-east-1, not',
    ],
  ],
  logs: [
    [
      { logs: { level: 'TRACE' } },
      'setting "logs.level" must be one of "DEBUG", "INFO", "WARN", "ERROR", not "TRACE"',
    ],
    [{ logs: { retentionDays: 31 } }, 'setting "logs.retentionDays" must be one of 1, 3, 5, 7, 14, 30,'],
    [
      { logs: { createApiGatewayRole: null } },
      'setting "logs.createApiGatewayRole" must be true or false, not null',
    ],
  ],
  failureRetentionDays: [
    [
      { failureRetentionDays: 0 },
      'setting "failureRetentionDays" must be a whole number from 1 to 3650, not 0',
    ],
  ],
  alarms: [
    [
      { alarms: { topicArn: 'alarms' } },
      'setting "alarms.topicArn" must be the ARN of an SNS topic, not "alarms"',
    ],
    [{ alarms: { email: 'me' } }, 'setting "alarms.email" must be an e-mail address, not "me"'],
  ],
  restoredTables: [
    [
      { restoredTables: { Users: 'a table' } },
      'setting "restoredTables.Users" must be the name of a DynamoDB table, not "a table"',
    ],
  ],
  tracing: [[{ tracing: 'on' }, 'setting "tracing" must be true or false, not "on"']],
};

describe('a wrong setting is refused with its name and what it may be', () => {
  test('each of them', () => {
    expect(Object.keys(refused).sort()).toEqual(Object.keys(StageSettings.entries).sort());
  });

  const cases = Object.values(refused).flatMap((ofSetting) =>
    ofSetting.map(([definition, problem]) => ({ definition, problem })),
  );
  test.each(cases)('$problem', ({ definition, problem }) => {
    expect(told(definition).join('\n  ')).toContain(problem);
  });

  test('all at once, so that nobody mends them one by one', () => {
    expect(told({ protectData: 1, registration: 2 })).toHaveLength(2);
  });
});

test('an unknown setting is refused with the names of the known ones', () => {
  expect(told({ streams: {} })).toEqual([
    `setting "streams" is unknown: there are ${Object.keys(StageSettings.entries).join(', ')}`,
  ]);
});

test('what a stage leaves out has its default', () => {
  const settings = readSettings('mine', { deliver: { batchSize: 10 } });
  expect(settings.deliver).toEqual({
    enhancedFanOut: false,
    batchSize: 10,
    retryAttempts: 50,
    maximumRecordAgeMinutes: 720,
  });
  expect(settings.stream).toEqual({ capacity: { shards: 2 }, retentionHours: 24 });
  expect(settings).toMatchObject({ stage: 'mine', protectData: false, registration: 'open', web: {} });
});

test('a domain and its certificate are taken', () => {
  const web = { domain: { name: 'chat.example.com', certificateArn } };
  expect(readSettings('mine', { web }).web).toEqual({ ...web, firewall: false });
});

test.each(['Prod', '1st', 'my_stage', '', 'a'.repeat(31)])('"%s" cannot be the name of a stage', (name) => {
  expect(() => readSettings(name, {})).toThrow('cannot be a stage');
});

test.each(stageNames)('stage %s is in order', (name) => {
  expect(stageSettings(name).stage).toBe(name);
});
