import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionDefinitions } from '../../infra/functions.ts';
import { parleyApp } from '../../infra/parley-app.ts';
import { readSettings } from '../../infra/read-settings.ts';

const scratch = mkdtempSync(join(tmpdir(), 'parley-cached-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const newApp = (outdir: string) =>
  parleyApp(
    { outdir: join(scratch, outdir) },
    { settings: readSettings('cached', { cache: { maximumGigabytes: 2 } }) },
  );
let service: Template;
beforeAll(() => {
  const stack = newApp('template')
    .node.findAll()
    .find(({ node }) => node.id === 'ParleyService');
  service = Template.fromStack(stack as Parameters<typeof Template.fromStack>[0]); // Found by the id of that stack.
});

test('a stage with a cache has one that takes roles over TLS, within its limits', () => {
  service.hasResourceProperties('AWS::ElastiCache::ServerlessCache', {
    Engine: 'valkey',
    MajorEngineVersion: '9',
    ConnectionType: 'public',
    ServerlessCacheName: 'parley-cached',
    CacheUsageLimits: { DataStorage: { Maximum: 2, Unit: 'GB' }, ECPUPerSecond: { Maximum: 50_000 } },
  });
  service.hasResourceProperties('AWS::ElastiCache::User', {
    UserId: 'parley-cached',
    UserName: 'parley-cached',
    AuthenticationMode: { Type: 'iam' },
  });
});

test('just the functions that know presence or rate limits are told of it, and may sign in to it', () => {
  const expected = Object.entries(functionDefinitions)
    .filter(([, { tables }]) => tables?.Presence !== undefined || tables?.RateLimits !== undefined)
    .map(([name]) => name)
    .sort();
  const told: string[] = [];
  for (const { Properties } of Object.values(service.findResources('AWS::Lambda::Function'))) {
    const { POWERTOOLS_SERVICE_NAME: name, CACHE_URL: url } = Properties.Environment.Variables;
    if (url === undefined) continue;
    told.push(name);
    const [, [before, , between, , after]] = url['Fn::Join'];
    expect([before, between, after]).toEqual(['rediss://parley-cached@', ':', '/parley-cached']);
    const role = service.findResources('AWS::IAM::Role')[Properties.Role['Fn::GetAtt'][0]];
    const statements: { Action: unknown }[] = role?.['Properties'].Policies[0].PolicyDocument.Statement;
    expect(statements.filter(({ Action }) => Action === 'elasticache:Connect')).toHaveLength(2);
  }
  expect(told.sort()).toEqual(expected);
});

test('passes the AwsSolutions checks of cdk-nag', () => {
  const app = newApp('checked');
  expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([]);
});
