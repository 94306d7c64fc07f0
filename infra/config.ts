/**
 * What may differ from one deployment to another. Each setting is explained here and has its value, where that is not the
 * default, in infra/stages.ts. A wrong or an unknown one fails the synthesis: see infra/read-settings.ts.
 */
import * as v from 'valibot';
import { OidcSettings } from '../shared/domain/oidc-settings.ts';
import { defaultRateLimits, RateLimitSettings } from '../shared/domain/rate-limit.ts';
import { functionNames } from './functions.ts';
import { off, oneOf, onOrOff, text, wholeNumber } from './setting-kinds.ts';
import { tableNames } from './tables.ts';

/** What CloudWatch Logs offers (docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html). */
const logRetentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** A token bucket of API Gateway's (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html). */
function throttleOf(ratePerSecond: number, burst: number) {
  return {
    ratePerSecond: v.optional(wholeNumber(1, 1_000_000), ratePerSecond),
    burst: v.optional(wholeNumber(1, 1_000_000), burst),
  };
}

export const StageSettings = v.strictObject({
  /**
   * Where the stage is deployed, such as `eu-west-1`. Without it that is where the credentials of the shell point
   * (`AWS_REGION`, or the profile's region), so that a stage that matters should name it.
   */
  region: v.exactOptional(text(/^[a-z]{2}(-[a-z]+)+-\d$/, 'the name of a region, such as "eu-west-1"')),

  /**
   * Keeps tables, stream, queue, bucket and secrets when their stack is deleted, and refuses to delete the tables
   * and the stack by accident. Without it everything goes with the stack.
   */
  protectData: v.optional(onOrOff, false),

  stream: v.optional(
    v.strictObject({
      /**
       * `on-demand` follows the load and costs more when idle; a number is that many shards, each good for 1,000
       * messages and 1 MB a second (docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
       */
      capacity: v.optional(
        v.union(
          [v.literal('on-demand'), v.strictObject({ shards: wholeNumber(1, 10_000) })],
          '"on-demand" or { shards: a whole number from 1 to 10000 }',
        ),
        { shards: 2 },
      ),
      /**
       * How long the stream keeps a record. What deliver cannot store leaves it earlier, for the failure bucket: see
       * `deliver.retryAttempts` and `deliver.maximumRecordAgeMinutes`.
       */
      retentionHours: v.optional(wholeNumber(24, 8_760), 24),
    }),
    {},
  ),

  deliver: v.optional(
    v.strictObject({
      /**
       * Gives deliver its own 2 MB/s a shard, pushed within about 70 ms, instead of one poll a second. Billed by the
       * shard-hour. Switching it replaces the event source mapping, and the new one reads the stream from its oldest
       * record: repeats are recognised and stored once, but expect that load.
       */
      enhancedFanOut: v.optional(onOrOff, false),
      /** Records of one invocation: at most 6 MB after Base64, whatever is said here. */
      batchSize: v.optional(wholeNumber(1, 10_000), 100),
      /** How often a failing batch is tried again before its records go to the failure bucket. */
      retryAttempts: v.optional(wholeNumber(0, 10_000), 50),
      /** Records older than this go to the failure bucket untried: at most 7 days. */
      maximumRecordAgeMinutes: v.optional(wholeNumber(1, 10_080), 12 * 60),
    }),
    {},
  ),

  /** Pushing to the connections of large groups. */
  fanOut: v.optional(
    v.strictObject({
      /**
       * Invocations at once. Each posts to up to 50 connections at a time, some 2,500 a second, out of the request rate
       * that the account's APIs share (see `throttle`): this bounds what large groups leave for everybody else.
       */
      maximumConcurrency: v.optional(wholeNumber(2, 1_000), 4),
      /** How often a job is tried, waiting longer each time, before it becomes a dead letter. */
      maxReceiveCount: v.optional(wholeNumber(1, 1_000), 30),
    }),
    {},
  ),

  /**
   * A Valkey cache in front of presence and rate limits: each push then reads who is connected from memory, and heartbeats
   * write no table. Everything works without it, and goes on when it fails. Billed by what it holds and does, from 100 MB
   * (aws.amazon.com/elasticache/pricing). The limits keep a mistake from becoming a bill: beyond them it refuses.
   */
  cache: v.optional(
    v.union(
      [
        off,
        v.strictObject({
          maximumGigabytes: v.optional(wholeNumber(1, 5_000), 1),
          maximumEcpusPerSecond: v.optional(wholeNumber(1_000, 15_000_000), 50_000),
        }),
      ],
      'false, {} or { maximumGigabytes: 1 to 5000, maximumEcpusPerSecond: 1000 to 15000000 }',
    ),
    false,
  ),

  /** `closed`: nobody can register an account; existing users log in as before. Close it when your team is in. */
  registration: v.optional(oneOf(['open', 'closed']), 'open'),

  /** How long a session can be renewed before its user is to sign in again. A token of it lives for twelve hours. */
  sessionDays: v.optional(wholeNumber(1, 3_650), 30),

  /**
   * Where users sign in. `built-in`: here, with a password. Or with an OIDC issuer of your own, whose tokens for this
   * audience are then the only ones that are good: docs/protocol.md, Tokens of an issuer. Its address is the `issuer` of its
   * discovery document, to the letter. `tokens` says which kinds are good: shared/domain/oidc-settings.ts. Changing this later leaves the accounts made so far without a way in. The web
   * client signs in with passwords only, so turn `web` off.
   */
  auth: v.optional(
    v.union(
      [v.literal('built-in'), OidcSettings],
      '"built-in" or { issuer: "https://id.example.com", audience: "parley" }',
    ),
    'built-in',
  ),

  /** Limits per user, address and username, enforced by the functions themselves: shared/domain/rate-limit.ts. */
  rateLimits: v.optional(RateLimitSettings, defaultRateLimits),

  /**
   * Requests a second, and at once, that each API lets in for all clients together. HTTP, WebSocket and the calls
   * that push to sockets share the account's quota (10,000 a second, burst 5,000, unless raised), so leave room.
   */
  throttle: v.optional(
    v.strictObject({
      ...throttleOf(500, 500),
      /**
       * The same for each route that hashes a password, which holds a whole vCPU for about half a second: `POST /login`, `POST
       * /users` and `PUT /users/me/password`. Times 2, as a change of a password takes two hashes, `ratePerSecond` is how many
       * environments of `http-users` a flood of them takes for long: 6 by default, of the 10 that the smallest account may run.
       * docs/deploying.md, Sign-in and the rest.
       */
      signIn: v.optional(v.strictObject(throttleOf(3, 10)), {}),
      /** The same for `GET /health`, and for all paths that do not exist together: what anybody may ask without a token. */
      open: v.optional(v.strictObject(throttleOf(20, 50)), {}),
    }),
    {},
  ),

  /**
   * How many invocations of a function may run at once, which are also kept free for it: `{ 'stream-deliver': 50 }`. One that
   * is not named shares what the account has left, of which Lambda keeps 100 for such functions
   * (docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html): in an account with a quota of 100 or less, as new
   * ones have, nothing can be reserved, and no stage does by default. 0 switches a function off.
   */
  reservedConcurrency: v.optional(v.record(oneOf(functionNames), wholeNumber(0, 100_000)), {}),

  /**
   * For emulators of AWS, never for AWS: leaves out the resources that they lack, which infra/emulated.ts lists, and lets
   * functions push to sockets through the emulator's own address.
   */
  emulated: v.optional(
    v.union(
      [
        off,
        v.strictObject({
          endpoint: text(/^https?:\/\/[^/\s]+$/, 'an address, such as "http://127.0.0.1:4566"'),
        }),
      ],
      'false or { endpoint: "http://127.0.0.1:4566" }',
    ),
    false,
  ),

  /** Web origins that may call the HTTP API from a browser. Empty: no CORS, the web client shares the API's origin. */
  corsOrigins: v.optional(
    v.array(
      text(/^https?:\/\/[^/*\s]+$/, 'an origin, such as "https://app.example.com"'),
      'a list of origins',
    ),
    [],
  ),

  /**
   * The web client, on a CloudFront distribution that also leads to both APIs. `false` deploys the APIs alone. A domain
   * needs a certificate in us-east-1 (docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html)
   * and a DNS record that points to the distribution.
   */
  web: v.optional(
    v.union(
      [
        off,
        v.strictObject({
          domain: v.exactOptional(
            v.strictObject({
              name: text(/^([a-z0-9-]+\.)+[a-z]{2,}$/, 'a domain, such as "chat.example.com"'),
              certificateArn: text(
                /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[\w-]+$/,
                'the ARN of a certificate in us-east-1',
              ),
            }),
          ),
          /**
           * A rate limit for each address in front of everything, by AWS WAF: it refuses with 429 before API Gateway sees a request, and
           * is paid for by the month and the request (aws.amazon.com/waf/pricing). WAF stands before CloudFront only: it knows no
           * HTTP or WebSocket APIs, whose own addresses stay without it
           * (docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html). Web ACLs for CloudFront are in us-east-1:
           * a stage of that region may have one made; any other names one that is there.
           */
          firewall: v.optional(
            v.union(
              [
                off,
                v.strictObject({
                  /** Handshakes count, frames do not. People behind one router share an address. */
                  requestsPerFiveMinutes: wholeNumber(10, 2_000_000_000),
                }),
                v.strictObject({
                  webAclArn: text(
                    /^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global\/webacl\/[\w-]+\/[\w-]+$/,
                    'the ARN of a web ACL for CloudFront, in us-east-1',
                  ),
                }),
              ],
              'false, { requestsPerFiveMinutes: 10 to 2000000000 } or { webAclArn: the ARN of a web ACL for CloudFront, in us-east-1 }',
            ),
            false,
          ),
        }),
      ],
      'false, {} or { domain: { name: "chat.example.com", certificateArn: the ARN of a certificate in us-east-1 }, firewall: { requestsPerFiveMinutes: 3000 } }',
    ),
    {},
  ),

  logs: v.optional(
    v.strictObject({
      level: v.optional(oneOf(['DEBUG', 'INFO', 'WARN', 'ERROR']), 'INFO'),
      retentionDays: v.optional(oneOf(logRetentionDays), 30),
      /**
       * WebSocket APIs write access logs through one role per account and region; without it their deployment fails
       * with "CloudWatch Logs role ARN must be set in account settings". `true` creates it and sets it for the whole
       * account and region, which other API Gateway APIs there share; `false` where the account already has one.
       */
      createApiGatewayRole: v.optional(onOrOff, true),
    }),
    {},
  ),

  /**
   * Tables to use in place of the stacks' own, by name: those that were restored from a backup. What is to be done in which
   * order is in docs/operations.md, Restoring tables from a backup.
   */
  restoredTables: v.optional(
    v.record(oneOf(tableNames), text(/^[\w.-]{3,255}$/, 'the name of a DynamoDB table')),
    {},
  ),

  /** Undeliverable records hold message text: the failure bucket forgets them after this many days. */
  failureRetentionDays: v.optional(wholeNumber(1, 3_650), 90),

  /** Whom the alarms of docs/operations.md tell, and from where on. Without a reader they only show in CloudWatch. */
  alarms: v.optional(
    v.strictObject({
      /** Gets a mail for each alarm and its end, once the subscription that SNS mails is confirmed. */
      email: v.exactOptional(text(/^[^@\s]+@[^@\s]+$/, 'an e-mail address')),
      /** An SNS topic that exists, such as that of a pager. Its policy must let cloudwatch.amazonaws.com publish. */
      topicArn: v.exactOptional(
        text(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+$/, 'the ARN of an SNS topic'),
      ),
      /** How long accepted messages may wait in the stream. */
      iteratorAgeSeconds: v.optional(wholeNumber(1, 86_400), 60),
      /** What 99 of 100 pushes keep to. Without `deliver.enhancedFanOut` a shard is read once a second. */
      pushLatencyMs: v.optional(wholeNumber(1, 3_600_000), 3_000),
      /** Four fifths of what an account may run at once: 1,000 unless raised, and less in new accounts. */
      accountConcurrency: v.optional(wholeNumber(1, 1_000_000), 800),
    }),
    {},
  ),

  /**
   * X-Ray's traces of every function: which request took how long, cold starts included. Paid for by the trace. API Gateway
   * offers none for HTTP and WebSocket APIs, and a trace ends at the stream: `docs/operations.md`, Following a message.
   */
  tracing: v.optional(onOrOff, false),
});

/** As a stage writes them in infra/stages.ts: what it leaves out has the default above. */
export type StageDefinition = v.InferInput<typeof StageSettings>;

/** As the rest of the app reads them. */
export type StageSettings = v.InferOutput<typeof StageSettings> & {
  /** Its name, which is part of the names of its stacks. */
  stage: string;
};
