/**
 * The stages: what each sets apart from the defaults in infra/config.ts. Add one of your own beside them, and deploy it with
 * `npm run deploy -- --stage <name>`. Its name becomes part of its stacks' names, so that changing it later makes new stacks.
 */
import { defaultRateLimits } from '../shared/domain/rate-limit.ts';
import type { StageDefinition, StageSettings } from './config.ts';
import { readSettings } from './read-settings.ts';

const definitions = {
  /** To try things in: small, cheap, and gone without a trace when it is destroyed. */
  dev: {
    logs: { level: 'DEBUG', retentionDays: 7 },
  },

  prod: {
    protectData: true,
    stream: { capacity: 'on-demand', retentionHours: 72 },
    deliver: { enhancedFanOut: true },
    // Sign-in may take 40 of the 1,000 environments that an account has: docs/deploying.md, Sign-in and the rest.
    throttle: { ratePerSecond: 4000, burst: 2000, signIn: { ratePerSecond: 20, burst: 40 } },
  },

  /** What the embedded runtime runs. Everyone there comes from one address, so limits of an address are off. */
  local: {
    web: false, // The embedded runtime serves it itself.
    rateLimits: { ...defaultRateLimits, registrations: null, logins: null },
    // One machine is slower than any of these; load tests register their users as fast as it can.
    throttle: { ratePerSecond: 10_000, burst: 5_000, signIn: { ratePerSecond: 1_000, burst: 1_000 } },
    // A record that cannot be stored is to be seen soon by whoever tries that.
    deliver: { retryAttempts: 10 },
    fanOut: { maximumConcurrency: 2, maxReceiveCount: 5 },
    logs: { retentionDays: 7, createApiGatewayRole: false },
  },

  /** What `npm run deploy:localstack` deploys to an emulator of AWS: docs/deploying.md. */
  localstack: {
    web: false,
    emulated: { endpoint: process.env['AWS_ENDPOINT_URL'] ?? 'http://127.0.0.1:4566' },
    rateLimits: { ...defaultRateLimits, registrations: null, logins: null },
    throttle: { signIn: { ratePerSecond: 500, burst: 500 } },
    logs: { createApiGatewayRole: false },
  },
} satisfies Record<string, StageDefinition>;

export type StageName = keyof typeof definitions;
export const stageNames = Object.keys(definitions) as StageName[]; // The keys of a literal are its type's keys.

export function stageSettings(name: unknown): StageSettings & { stage: StageName } {
  const stage = stageNames.find((known) => known === name);
  if (!stage) {
    throw new Error(`Unknown stage ${JSON.stringify(name)}: infra/stages.ts has ${stageNames.join(', ')}`);
  }
  return readSettings(stage, definitions[stage]);
}
