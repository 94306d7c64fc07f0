/** That settings reach what is deployed; that they are held to their schema is in infra/read-settings.test.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, expect, test } from 'vitest';
import type { StageDefinition } from '../../infra/config.ts';
import { parleyApp } from '../../infra/parley-app.ts';
import { readSettings } from '../../infra/read-settings.ts';

const scratch = mkdtempSync(join(tmpdir(), 'parley-settings-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function stacksWith(definition: StageDefinition): Record<'data' | 'service', Stack> {
  const outdir = mkdtempSync(join(scratch, 'out-'));
  const app = parleyApp({ outdir }, { settings: readSettings('mine', { web: false, ...definition }) });
  const stack = (id: string) => {
    const found = app.node.findChild(id);
    if (!Stack.isStack(found)) throw new Error(`${id} is no stack`);
    return found;
  };
  return { data: stack('ParleyData'), service: stack('ParleyService') };
}

test('a region is where all stacks go', () => {
  const { data, service } = stacksWith({ region: 'eu-west-1' });
  expect([data.region, service.region]).toEqual(['eu-west-1', 'eu-west-1']);
  expect(data.stackName).toBe('ParleyData-mine');
});

test('reserved concurrency goes to the function it names, and to no other', () => {
  const { service } = stacksWith({ reservedConcurrency: { 'http-users': 20, 'stream-deliver': 0 } });
  const functions = Object.values(Template.fromStack(service).findResources('AWS::Lambda::Function'));
  const reserved = functions.flatMap(({ Properties }) =>
    Properties.ReservedConcurrentExecutions === undefined
      ? []
      : [[Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME, Properties.ReservedConcurrentExecutions]],
  );
  expect(Object.fromEntries(reserved)).toEqual({ 'http-users': 20, 'stream-deliver': 0 });
});

test('stream, protection, retention and throttling are what the stage says', () => {
  const { data, service } = stacksWith({
    protectData: true,
    stream: { capacity: { shards: 7 }, retentionHours: 48 },
    throttle: { ratePerSecond: 9, burst: 8, signIn: { ratePerSecond: 7, burst: 6 } },
    logs: { retentionDays: 5 },
    failureRetentionDays: 3,
  });
  const kept = Template.fromStack(data);
  kept.hasResourceProperties('AWS::Kinesis::Stream', { ShardCount: 7, RetentionPeriodHours: 48 });
  kept.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: true });
  kept.hasResourceProperties('AWS::S3::Bucket', {
    LifecycleConfiguration: { Rules: [{ ExpirationInDays: 3 }] },
  });
  const rest = Template.fromStack(service);
  rest.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 5 });
  rest.allResourcesProperties('AWS::ApiGatewayV2::Stage', {
    DefaultRouteSettings: { ThrottlingRateLimit: 9, ThrottlingBurstLimit: 8 },
  });
  rest.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
    RouteSettings: {
      'POST /login': { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 6 },
      'GET /health': { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 50 },
    },
  });
});
