/** Alarms, their runbook, the dashboard, and traces: what watches a deployment. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import type { StageDefinition } from '../../infra/config.ts';
import { functionNames } from '../../infra/functions.ts';
import { readSettings } from '../../infra/read-settings.ts';
import { ParleyData } from '../../infra/stacks/parley-data.ts';
import { ParleyService } from '../../infra/stacks/parley-service.ts';
import { standing } from '../../scripts/capacity/cost.ts';
import { metricUnits } from '../../shared/domain/metrics.ts';
import { at, Deployment, type Resource } from './templates.ts';

const runbook = 'docs/operations.md';
const page = readFileSync(join(import.meta.dirname, '../..', runbook), 'utf8');
const alarmTypes = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'];

/** The headings of the chapter about alarms, which are their anchors too. */
function sections(): string[] {
  const [, chapter = ''] = page.split(/^## The alarms$/m);
  return [...(chapter.split(/^## /m)[0] ?? '').matchAll(/^### (.+)$/gm)].map(([, heading = '']) => heading);
}

function alarmsOf(deployment: Deployment): Resource[] {
  return alarmTypes.flatMap((type) => deployment.ofType(type));
}

function sectionOf({ properties }: Resource): string {
  return sectionNamedIn(properties['AlarmDescription']);
}

function sectionNamedIn(description: unknown): string {
  const [, section] = /What to do: docs\/operations\.md#([a-z0-9-]+)$/.exec(String(description)) ?? [];
  if (section === undefined) throw new Error(`No section in ${JSON.stringify(description)}`);
  return section;
}

/** A stage that exists nowhere. */
function stacksOf(definition: StageDefinition) {
  const app = new App({ context: { '@aws-cdk/core:defaultCrossStackReferences': 'strong' } });
  const settings = readSettings('mine', definition);
  const data = new ParleyData(app, 'ParleyData', settings);
  const service = new ParleyService(app, 'ParleyService', data, settings, '1.0.0');
  return { app, data, service };
}

function templatesOf(definition: StageDefinition) {
  const { data, service } = stacksOf(definition);
  return { data: Template.fromStack(data), service: Template.fromStack(service) };
}

test('each section of the runbook has an alarm, in a stage that has everything', () => {
  const { data, service } = templatesOf({ cache: {} });
  const alarms = [data, service].flatMap((template) =>
    alarmTypes.flatMap((type) => Object.values(template.findResources(type))),
  );
  const described = alarms.map((alarm) => sectionNamedIn(at(alarm, 'Properties', 'AlarmDescription')));
  expect(new Set(described)).toEqual(new Set(sections()));
});

describe.each(['dev', 'prod'] as const)('the alarms of stage %s', (stage) => {
  const deployment = new Deployment(stage);
  const alarms = alarmsOf(deployment);

  test('each have a section of the runbook', () => {
    expect(sections()).toEqual(expect.arrayContaining(alarms.map(sectionOf)));
  });

  test('have names of their own, with the stage in them', () => {
    const names = alarms.map(({ properties }) => String(properties['AlarmName']));
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(new RegExp(`^parley-${stage}-[A-Za-z0-9-]+$`));
  });

  test('stay quiet where nothing happens', () => {
    for (const { properties } of deployment.ofType('AWS::CloudWatch::Alarm')) {
      expect(properties['TreatMissingData']).toBe('notBreaching');
    }
  });

  test('look at no more metrics than an alarm can', () => {
    for (const { properties } of deployment.ofType('AWS::CloudWatch::Alarm')) {
      const queries = [properties['Metrics'] ?? []].flat();
      expect(queries.filter((query) => Reflect.has(Object(query), 'MetricStat')).length).toBeLessThanOrEqual(
        10,
      );
    }
  });

  test('look at each function: at its errors, and at whether it may run', () => {
    for (const metric of ['Errors', 'Throttles']) {
      const watched = deployment
        .ofType('AWS::CloudWatch::Alarm')
        .filter(({ properties }) => JSON.stringify(properties).includes(`"MetricName":"${metric}"`))
        .flatMap(({ properties, stack }) => deployment.referencesIn(properties, stack));
      for (const [name, lambda] of deployment.functions())
        expect(watched, `${metric} of ${name}`).toContain(lambda);
    }
  });

  test('are as many as the costs of a deployment and docs/operations.md say', () => {
    const plain = deployment.ofType('AWS::CloudWatch::Alarm');
    const metrics = plain.map(({ properties }) => {
      const queries = [properties['Metrics'] ?? []].flat();
      return Math.max(1, queries.filter((query) => Reflect.has(Object(query), 'MetricStat')).length);
    });
    const metricCount = metrics.reduce((sum, count) => sum + count, 0);
    const composites = deployment.ofType('AWS::CloudWatch::CompositeAlarm').length;
    expect({
      alarmedMetrics: metricCount,
      compositeAlarms: composites,
      dashboards: deployment.ofType('AWS::CloudWatch::Dashboard').length,
      secrets: deployment.ofType('AWS::SecretsManager::Secret').length,
    }).toEqual({
      alarmedMetrics: standing.alarmedMetrics,
      compositeAlarms: standing.compositeAlarms,
      dashboards: standing.dashboards,
      secrets: standing.secrets,
    });
    expect(page).toContain(`${standing.metrics} metrics, ${plain.length} alarms that look at ${metricCount}`);
  });

  test('look at each table and its indexes', () => {
    for (const table of deployment.ofType('AWS::DynamoDB::Table')) {
      const [alarm, ...others] = deployment
        .ofType('AWS::CloudWatch::Alarm')
        .filter(({ properties, stack }) => deployment.referencesIn(properties, stack).includes(table));
      expect(others).toEqual([]);
      const text = JSON.stringify(alarm?.properties);
      for (const index of [table.properties['GlobalSecondaryIndexes'] ?? []].flat()) {
        expect(text).toContain(`"Value":"${String(at(index, 'IndexName'))}"`);
      }
    }
  });

  test('tell nobody, until the stage names a reader', () => {
    for (const { properties } of alarms) expect(properties['AlarmActions']).toBeUndefined();
  });
});

describe('the alarm "chat is down"', () => {
  test('follows from what keeps everybody from chatting', () => {
    const deployment = new Deployment('prod');
    const { properties, stack } = deployment.only('AWS::CloudWatch::CompositeAlarm');
    const rule = deployment.render(properties['AlarmRule'], stack);
    const part = (id: string) => String.raw`ALARM\("<ParleyService/\w*${id}\w+\.Arn>"\)`;
    expect(rule).toMatch(
      new RegExp(
        `^\\(${part('MessagesNotStored')} OR ${part('IteratorAge')} OR ${part('AuthorizerFailures')} ` +
          `OR \\(${part('Http5xx')} AND ${part('WebSocket5xx')}\\)\\)$`,
      ),
    );
  });
});

describe('with an e-mail address', () => {
  const email = 'night@example.com';
  const { data, service } = templatesOf({ alarms: { email } });

  test('alarms and their ends are mailed, over an encrypted topic that takes TLS only', () => {
    data.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: email });
    data.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    data.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
          }),
        ]),
      },
    });
    const told = { AlarmActions: [Match.anyValue()], OKActions: [Match.anyValue()] };
    data.allResourcesProperties('AWS::CloudWatch::Alarm', told);
    for (const type of alarmTypes) service.allResourcesProperties(type, told);
  });

  test('CloudWatch may use the key of the topic', () => {
    data.hasResourceProperties('AWS::KMS::Key', {
      EnableKeyRotation: true,
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
            Principal: { Service: 'cloudwatch.amazonaws.com' },
          }),
        ]),
      },
    });
  });

  test('and with traces, passes the AwsSolutions checks of cdk-nag', () => {
    const { app } = stacksOf({ alarms: { email }, tracing: true });
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    expect(violations.map(({ ruleName, violatingResources }) => ({ ruleName, violatingResources }))).toEqual(
      [],
    );
  });
});

test('restored tables are used in place of the own ones, with the same rights, and the own ones leave the stack', () => {
  const restoredTables = {
    MessagesByConversation: 'messages-of-monday',
    ConversationsByUser: 'inbox-of-monday',
  };
  const { data, service } = templatesOf({ restoredTables });
  const own = Object.keys(data.findResources('AWS::DynamoDB::Table'));
  expect(own.some((id) => /^(MessagesByConversation|ConversationsByUser)/.test(id))).toBe(false);
  expect(own.some((id) => id.startsWith('Users'))).toBe(true);
  service.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: { MESSAGES_TABLE: 'messages-of-monday', POWERTOOLS_SERVICE_NAME: 'stream-deliver' },
    },
  });
  const text = JSON.stringify(service.findResources('AWS::IAM::Role'));
  expect(text).toContain(':table/messages-of-monday"');
  expect(text).toContain(':table/inbox-of-monday/index/byActivity"');
  // So that the service can be deployed first, and the data stack then need not keep an export for it.
  expect(JSON.stringify(service.toJSON())).not.toMatch(
    /ExportsOutput\w*(MessagesByConversation|ConversationsByUser)/,
  );
  data.hasResourceProperties('AWS::CloudWatch::Alarm', {
    AlarmName: 'parley-mine-table-throttles-MessagesByConversation',
    Metrics: Match.arrayWith([
      Match.objectLike({
        MetricStat: Match.objectLike({
          Metric: Match.objectLike({ Dimensions: [{ Name: 'TableName', Value: 'messages-of-monday' }] }),
        }),
      }),
    ]),
  });
});

test('a topic that exists is told as it is', () => {
  const topicArn = 'arn:aws:sns:eu-west-1:123456789012:pager';
  const { data, service } = templatesOf({ alarms: { topicArn } });
  data.resourceCountIs('AWS::SNS::Topic', 0);
  for (const template of [data, service]) {
    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [topicArn] });
  }
});

describe('traces', () => {
  test('are written by each function where the stage wants them', () => {
    const { service } = templatesOf({ tracing: true });
    service.allResourcesProperties('AWS::Lambda::Function', { TracingConfig: { Mode: 'Active' } });
    const roles = Object.values(service.findResources('AWS::IAM::Role')).filter((role) =>
      JSON.stringify(role).includes('xray:PutTraceSegments'),
    );
    expect(roles).toHaveLength(functionNames.length);
  });

  test('are not written, nor permitted, where it does not', () => {
    const deployment = new Deployment('prod');
    for (const { properties } of deployment.ofType('AWS::Lambda::Function')) {
      expect(properties['TracingConfig']).toBeUndefined();
    }
    expect(JSON.stringify(deployment.ofType('AWS::IAM::Role'))).not.toContain('xray:');
  });
});

describe('the dashboard', () => {
  const deployment = new Deployment('prod');
  const { properties, stack } = deployment.only('AWS::CloudWatch::Dashboard');
  const body = JSON.parse(deployment.render(properties['DashboardBody'], stack));
  const widgets: {
    type: string;
    y: number;
    x: number;
    width: number;
    properties: Record<string, unknown>;
  }[] = body.widgets;

  test('answers in its first rows whether chat is healthy', () => {
    const headings = widgets
      .filter(({ type }) => type === 'text')
      .map(({ properties: { markdown } }) => markdown);
    expect(headings).toEqual([
      '## Is chat healthy?',
      '## Where is it slow?',
      '## What fails?',
      '## How full is it?',
    ]);
    const top = widgets.filter(({ y, type }) => y === 1 && type !== 'text');
    expect(top.map((widget) => widget.properties['title'])).toEqual([
      'Alarms',
      'Accepted and stored',
      'From accepted to pushed, ms',
      'Waiting: in the stream (ms), and dead (right)',
    ]);
  });

  test('lies in rows that fill its width', () => {
    for (const y of new Set(widgets.map((widget) => widget.y))) {
      const row = widgets.filter((widget) => widget.y === y);
      expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24);
    }
  });

  test('shows the alarms of the service, the worst first', () => {
    const alarms: string[] = widgets.find(({ type }) => type === 'alarm')?.properties['alarms'] as string[]; // Rendered.
    expect(alarms[0]).toContain('ChatIsDown');
    expect(alarms.length).toBe(
      alarmsOf(deployment).filter((alarm) => alarm.stack === 'ParleyService').length - 1,
    );
  });

  test('shows every metric that the functions count', () => {
    const text = JSON.stringify(body);
    for (const name of Object.keys(metricUnits)) {
      if (name === 'DeadLetters') continue; // Those that wait are shown instead, which is what matters later too.
      expect(text, name).toContain(`"Parley","${name}","stage","prod"`);
    }
  });
});
