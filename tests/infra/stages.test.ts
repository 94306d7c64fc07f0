import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, test } from 'vitest';
import { parleyApp } from '../../infra/parley-app.ts';
import { signInEnvironments } from '../../infra/sign-in.ts';
import { stageNames, stageSettings } from '../../infra/stages.ts';
import { at, Deployment } from './templates.ts';

const assemblies = join(import.meta.dirname, '../../cdk.out');
const scratch = mkdtempSync(join(tmpdir(), 'parley-stages-'));
afterAll(() => rmSync(scratch, { recursive: true }));

describe.each(['dev', 'prod'] as const)('stage %s', (stage) => {
  test('passes the AwsSolutions checks of cdk-nag', () => {
    const app = parleyApp({ context: { stage }, outdir: join(scratch, stage) });
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    expect(violations.map(({ ruleName, violatingResources }) => ({ ruleName, violatingResources }))).toEqual(
      [],
    );
  });

  test("passes CloudFormation's own checks", () => {
    const report = JSON.parse(readFileSync(join(assemblies, stage, 'validation-report.json'), 'utf8'));
    const failed = (at(report, 'pluginReports') as unknown[]).filter(
      (one) => at(one, 'conclusion') !== 'success',
    );
    expect(failed).toEqual([]);
  });

  test('gives a reason for each check it sets aside', () => {
    const app = parleyApp({ context: { stage }, outdir: join(scratch, `${stage}-reasons`) });
    const acknowledged = app.node
      .findAll()
      .flatMap(({ node }) =>
        node.metadata
          .filter(({ type }) => /acknowledge/i.test(type))
          .flatMap(({ data }) => Object.entries(data ?? {})),
      );
    const ofNag = acknowledged.filter(([rule]) => rule.includes('AwsSolutions-'));
    expect(ofNag.length).toBeGreaterThan(0);
    for (const [rule, reason] of ofNag) expect(String(reason).length, rule).toBeGreaterThan(20);
  });
});

/**
 * CloudFormation takes 500 resources a stack, for good (docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html),
 * and moving some to another stack later means to replace them. At half of it there is time to think of that: a route costs two
 * resources (three where it answers a frame), a function three, a table one.
 */
const resourceBudgets = { ParleyData: 100, ParleyService: 250, ParleyWeb: 50 };

describe.each(stageNames)('the stacks of stage %s', (stage) => {
  const deployment = new Deployment(stage);

  test('refer only to what exists, and never from data to service', () => {
    for (const { stack, properties } of deployment.resources) {
      for (const target of deployment.referencesIn(properties, stack)) {
        if (stack === 'ParleyData') expect(target.stack).toBe('ParleyData');
      }
    }
  });

  test('hold no circle of resources that wait for each other', () => {
    const needs = new Map(
      deployment.resources.map((resource) => [
        resource,
        [
          ...deployment.referencesIn(resource.properties, resource.stack),
          ...deployment.resources.filter(
            (other) => other.stack === resource.stack && resource.dependsOn.includes(other.logicalId),
          ),
        ],
      ]),
    );
    const settled = new Set<unknown>();
    for (let before = -1; before !== settled.size; ) {
      before = settled.size;
      for (const [resource, others] of needs)
        if (others.every((other) => settled.has(other))) settled.add(resource);
    }
    expect(
      [...needs.keys()].filter((resource) => !settled.has(resource)).map(({ logicalId }) => logicalId),
    ).toEqual([]);
  });

  test('leave room below the 500 resources that CloudFormation takes', () => {
    for (const [name, budget] of Object.entries(resourceBudgets)) {
      const path = join(assemblies, stage, `${name}.template.json`);
      if (name === 'ParleyWeb' && stageSettings(stage).web === false) continue;
      const resources = at(JSON.parse(readFileSync(path, 'utf8')), 'Resources') as object;
      expect(Object.keys(resources).length, name).toBeLessThanOrEqual(budget);
    }
  });

  test('write every log into a group that forgets', () => {
    const groups = deployment.ofType('AWS::Logs::LogGroup');
    for (const { properties } of groups)
      expect(properties['RetentionInDays']).toBe(stageSettings(stage).logs.retentionDays);
    for (const lambda of deployment.ofType('AWS::Lambda::Function')) {
      const group = deployment.referenceIn(at(lambda.properties, 'LoggingConfig', 'LogGroup'), lambda.stack);
      expect(groups).toContain(group);
    }
    for (const { properties, stack } of deployment.ofType('AWS::ApiGatewayV2::Stage')) {
      const destination = at(properties, 'AccessLogSettings', 'DestinationArn');
      expect(groups).toContain(deployment.referenceIn(destination, stack));
    }
  });

  test('fit the environment of each function into the 4 KB that Lambda allows', () => {
    for (const { properties } of deployment.ofType('AWS::Lambda::Function')) {
      // References are still to be resolved: an ARN or a name takes at most about 200 characters.
      const variables = Object.entries(at(properties, 'Environment', 'Variables') as object);
      const size = variables.reduce(
        (sum, [name, value]) => sum + name.length + (typeof value === 'string' ? value.length : 200),
        0,
      );
      expect(size).toBeLessThan(4096);
    }
  });
});

test('access logs of the WebSocket API find a role in an account that has none', () => {
  for (const stage of ['dev', 'prod'] as const) {
    const deployment = new Deployment(stage);
    const account = deployment.only('AWS::ApiGateway::Account');
    const socketStage = deployment
      .ofType('AWS::ApiGatewayV2::Stage')
      .find(
        ({ properties, stack }) =>
          deployment.referenceIn(properties['ApiId'], stack).properties['ProtocolType'] === 'WEBSOCKET',
      );
    expect(socketStage?.dependsOn).toContain(account.logicalId);
    expect(account.deletionPolicy).toBe('Retain');
  }
});

test('prod refuses to be deleted', () => {
  const manifest = JSON.parse(readFileSync(join(assemblies, 'prod', 'manifest.json'), 'utf8'));
  expect(at(manifest, 'artifacts', 'ParleyData', 'properties', 'terminationProtection')).toBe(true);
});

test('an unknown stage is refused with the names of the known ones', () => {
  expect(() => stageSettings('production')).toThrow(
    'Unknown stage "production": infra/stages.ts has dev, prod, local, localstack',
  );
  expect(() => stageSettings('constructor')).toThrow('Unknown stage');
});

test('every stage deploys where nothing can be reserved, as in an account that may run 10 functions at a time', () => {
  for (const stage of stageNames) {
    const functions = new Deployment(stage).ofType('AWS::Lambda::Function');
    for (const { properties, logicalId } of functions)
      expect(properties['ReservedConcurrentExecutions'], `${stage} ${logicalId}`).toBeUndefined();
  }
});

test('sign-in leaves room for storing messages: in the smallest account by default, in an ordinary one in prod', () => {
  expect(signInEnvironments(stageSettings('dev'))).toBeLessThanOrEqual(6);
  expect(signInEnvironments(stageSettings('prod'))).toBeLessThanOrEqual(1_000 / 20);
});

describe.each(['dev', 'prod', 'local'] as const)('the HTTP API of stage %s', (stage) => {
  const deployment = new Deployment(stage);
  const { throttle } = stageSettings(stage);
  const ofHttp = (type: string) =>
    deployment
      .ofType(type)
      .filter(
        ({ properties, stack }) =>
          deployment.referenceIn(properties['ApiId'], stack).properties['ProtocolType'] === 'HTTP',
      );
  const [httpStage] = ofHttp('AWS::ApiGatewayV2::Stage');
  const settings = at(httpStage?.properties, 'RouteSettings') as Record<string, object>;
  const numbers = ({ ratePerSecond, burst }: { ratePerSecond: number; burst: number }) => ({
    ThrottlingRateLimit: ratePerSecond,
    ThrottlingBurstLimit: burst,
  });

  test('throttles apart what anybody may ask without a token, and what hashes a password', () => {
    const signIn = numbers(throttle.signIn);
    const open = numbers(throttle.open);
    expect(settings).toEqual({
      'POST /login': signIn,
      'POST /users': signIn,
      'PUT /users/me/password': signIn,
      'GET /health': open,
      $default: open,
    });
  });

  test('has these routes before the stage that names them', () => {
    const named = ofHttp('AWS::ApiGatewayV2::Route').filter(
      ({ properties }) => String(properties['RouteKey']) in settings,
    );
    expect(named).toHaveLength(Object.keys(settings).length);
    expect(httpStage?.dependsOn).toEqual(expect.arrayContaining(named.map(({ logicalId }) => logicalId)));
  });
});

test('everyone may register from one address locally, and nowhere else', () => {
  expect(stageSettings('local').rateLimits.registrations).toBeNull();
  expect(stageSettings('dev').rateLimits.registrations).not.toBeNull();
  expect(stageSettings('prod').rateLimits.registrations).not.toBeNull();
});
