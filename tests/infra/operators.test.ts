/** What the operators' commands call, which docs/operations.md tells whoever gives out permissions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node } from 'typescript/unstable/ast';
import { isPropertyAssignment } from 'typescript/unstable/ast/is';
import { API } from 'typescript/unstable/sync';
import { expect, test } from 'vitest';
import { transactionParts } from './reachable-calls.ts';
import { projectRoot, SourceWalk } from './source-walk.ts';

const services: Record<string, string> = {
  '@aws-sdk/lib-dynamodb': 'dynamodb',
  '@aws-sdk/client-dynamodb': 'dynamodb',
  '@aws-sdk/client-cloudformation': 'cloudformation',
  '@aws-sdk/client-cloudwatch-logs': 'logs',
  '@aws-sdk/client-elasticache': 'elasticache',
  '@aws-sdk/client-kinesis': 'kinesis',
  '@aws-sdk/client-lambda': 'lambda',
  '@aws-sdk/client-s3': 's3',
  '@aws-sdk/client-secrets-manager': 'secretsmanager',
  '@aws-sdk/client-service-quotas': 'servicequotas',
  '@aws-sdk/client-sqs': 'sqs',
  '@aws-sdk/client-ssm': 'ssm',
  '@aws-sdk/client-sts': 'sts',
};
/** Where the action is not named after the call (docs.aws.amazon.com/service-authorization/latest/reference). */
const actions: Record<string, string> = {
  'dynamodb:Get': 'dynamodb:GetItem',
  'dynamodb:Put': 'dynamodb:PutItem',
  'dynamodb:BatchGet': 'dynamodb:BatchGetItem',
  'dynamodb:Update': 'dynamodb:UpdateItem',
  's3:ListObjectsV2': 's3:ListBucket',
  'sqs:ChangeMessageVisibilityBatch': 'sqs:ChangeMessageVisibility',
};

function actionsOf(walk: SourceWalk): string[] {
  const found = new Set<string>();
  for (const { package: from, name } of [...walk.constructions, ...walk.packageCalls]) {
    const [, call] = /^(\w+)Command$/.exec(name) ?? /^paginate(\w+)$/.exec(name) ?? [];
    if (call === undefined || !from.startsWith('@aws-sdk/')) continue;
    if (call === 'TransactWrite') for (const part of partsOfTransactions(walk)) found.add(part);
    else if (from.endsWith('apigatewaymanagementapi')) found.add('execute-api:ManageConnections');
    else {
      const service = services[from];
      if (service === undefined) throw new Error(`Add ${from} to the services of this test`);
      found.add(actions[`${service}:${call}`] ?? `${service}:${call}`);
    }
  }
  return [...found].sort();
}

function partsOfTransactions(walk: SourceWalk): string[] {
  const found: string[] = [];
  const look = (node: Node) => {
    const action = isPropertyAssignment(node) ? transactionParts[node.name.getText()] : undefined;
    if (action !== undefined) found.push(action);
    node.forEachChild(look);
  };
  for (const body of walk.bodies) look(body);
  return found;
}

/** The table's rows: `| \`npm run dlq\` | \`s3:GetObject\`, … |`. */
function documented(): Map<string, string[]> {
  const page = readFileSync(join(projectRoot, 'docs/operations.md'), 'utf8');
  const [, section = ''] = page.split('\n## What an operator may do\n');
  const rows = [...section.matchAll(/^\| `npm run ([\w-]+)` \| (.*) \|$/gm)];
  return new Map(
    rows.map(([, name = '', cell = '']) => [name, [...cell.matchAll(/`([^`]+)`/g)].map(([, it = '']) => it)]),
  );
}

test('the permissions of each command are those that its code needs', { timeout: 120_000 }, () => {
  const api = new API({ cwd: projectRoot });
  try {
    const configuration = join(projectRoot, 'tsconfig.json');
    const project = api.updateSnapshot({ openProjects: [configuration] }).getProject(configuration);
    const commands = documented();
    expect([...commands.keys()].sort()).toEqual(
      ['block', 'dlq', 'doctor', 'erase', 'replay', 'rotate-secret', 'trace', 'verify'].sort(),
    );
    for (const [name, written] of commands) {
      const source = project?.program.getSourceFile(join(projectRoot, `scripts/${name}.ts`));
      if (project === undefined || source === undefined) throw new Error(`There is no scripts/${name}.ts`);
      const walk = new SourceWalk(project, source, ['lambdas', 'shared', 'scripts']);
      expect(written, `npm run ${name}`).toEqual(actionsOf(walk));
    }
  } finally {
    api.close();
  }
});
