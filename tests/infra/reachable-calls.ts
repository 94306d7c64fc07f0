/** Which AWS calls a Lambda entry can make, on which resources, and which variables of its environment it reads. */
import { join } from 'node:path';
import type { Node } from 'typescript/unstable/ast';
import {
  isBinaryExpression,
  isCallExpression,
  isClassDeclaration,
  isComputedPropertyName,
  isConstructorDeclaration,
  isIdentifier,
  isObjectLiteralExpression,
  isParameterDeclaration,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isPropertyDeclaration,
  isStringLiteral,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';
import { API, type Project } from 'typescript/unstable/sync';
import { type Construction, projectRoot, SourceWalk } from './source-walk.ts';

/** The field of each command's input that names the resource, and the IAM action that the command needs. */
const commands: Record<string, { action: string; resource?: string; resourceKeys?: string }> = {
  '@aws-sdk/lib-dynamodb GetCommand': { action: 'dynamodb:GetItem', resource: 'TableName' },
  '@aws-sdk/lib-dynamodb QueryCommand': { action: 'dynamodb:Query', resource: 'TableName' },
  '@aws-sdk/lib-dynamodb PutCommand': { action: 'dynamodb:PutItem', resource: 'TableName' },
  '@aws-sdk/lib-dynamodb UpdateCommand': { action: 'dynamodb:UpdateItem', resource: 'TableName' },
  '@aws-sdk/lib-dynamodb DeleteCommand': { action: 'dynamodb:DeleteItem', resource: 'TableName' },
  '@aws-sdk/lib-dynamodb BatchGetCommand': { action: 'dynamodb:BatchGetItem', resourceKeys: 'RequestItems' },
  '@aws-sdk/lib-dynamodb BatchWriteCommand': {
    action: 'dynamodb:BatchWriteItem',
    resourceKeys: 'RequestItems',
  },
  '@aws-sdk/client-kinesis PutRecordCommand': { action: 'kinesis:PutRecord', resource: 'StreamName' },
  '@aws-sdk/client-kinesis PutRecordsCommand': { action: 'kinesis:PutRecords', resource: 'StreamName' },
  '@aws-sdk/client-sqs SendMessageCommand': { action: 'sqs:SendMessage', resource: 'QueueUrl' },
  '@aws-sdk/client-sqs SendMessageBatchCommand': { action: 'sqs:SendMessage', resource: 'QueueUrl' },
  '@aws-sdk/client-sqs ChangeMessageVisibilityCommand': {
    action: 'sqs:ChangeMessageVisibility',
    resource: 'QueueUrl',
  },
  // Its bus is named in each entry: that it is the one of EVENT_BUS_NAME is checked with the environment.
  '@aws-sdk/client-eventbridge PutEventsCommand': { action: 'events:PutEvents' },
  '@aws-sdk/client-secrets-manager GetSecretValueCommand': {
    action: 'secretsmanager:GetSecretValue',
    resource: 'SecretId',
  },
  '@aws-sdk/client-apigatewaymanagementapi PostToConnectionCommand': {
    action: 'execute-api:ManageConnections POST',
  },
  '@aws-sdk/client-apigatewaymanagementapi DeleteConnectionCommand': {
    action: 'execute-api:ManageConnections DELETE',
  },
};
/** A transaction needs the permissions of its parts (docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html). */
const transaction = '@aws-sdk/lib-dynamodb TransactWriteCommand';
export const transactionParts: Record<string, string> = {
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
};

export type ReachableCalls = {
  /** `dynamodb:GetItem USERS_TABLE`: the action, and the variable that names the resource. */
  calls: string[];
  variables: string[];
};

/** Opened once, since loading the project takes a second. */
export class Sources {
  private readonly api = new API({ cwd: projectRoot });
  private readonly project: Project;

  constructor() {
    const configuration = join(projectRoot, 'tsconfig.json');
    const project = this.api.updateSnapshot({ openProjects: [configuration] }).getProject(configuration);
    if (!project) throw new Error('tsconfig.json describes no project');
    this.project = project;
  }

  callsReachableFrom(entry: string): ReachableCalls {
    const source = this.project.program.getSourceFile(join(projectRoot, entry));
    if (!source) throw new Error(`${entry} is not part of tsconfig.json`);
    const walk = new SourceWalk(this.project, source);
    const calls = new Set(walk.constructions.flatMap((construction) => callsOf(walk, construction)));
    const variables = new Set<string>();
    each(walk.bodies, (node) => {
      if (isCallExpression(node) && node.expression.getText() === 'variable' && node.arguments[0]) {
        for (const name of textsOf(walk, node.arguments[0])) variables.add(name);
      }
    });
    return { calls: [...calls].sort(), variables: [...variables].sort() };
  }

  close(): void {
    this.api.close();
  }
}

function callsOf(walk: SourceWalk, { package: from, name, argument }: Construction): string[] {
  if (!from.startsWith('@aws-sdk/') || !name.endsWith('Command')) return [];
  const key = `${from} ${name}`;
  if (key === transaction) return transactionCalls(walk);
  const command = commands[key];
  if (!command) throw new Error(`Add ${key} to the commands of tests/infra/reachable-calls.ts`);
  const { action, resource, resourceKeys } = command;
  if (resource) return resourcesIn(walk, argument, resource).map((found) => `${action} ${found}`);
  if (resourceKeys) {
    const items = propertyOf(argument, resourceKeys);
    if (!items || !isObjectLiteralExpression(items)) throw unclear(argument, resourceKeys);
    return items.properties.flatMap((property) => {
      if (!isPropertyAssignment(property) || !isComputedPropertyName(property.name))
        throw unclear(property, resourceKeys);
      return textsOf(walk, property.name.expression).map((found) => `${action} ${found}`);
    });
  }
  return [action];
}

/** The parts may be put together anywhere; each says its table. */
function transactionCalls(walk: SourceWalk): string[] {
  const found: string[] = [];
  each(walk.bodies, (node) => {
    if (!isPropertyAssignment(node)) return;
    const action = transactionParts[node.name.getText()];
    if (action && propertyOf(node.initializer, 'TableName')) {
      found.push(...resourcesIn(walk, node.initializer, 'TableName').map((table) => `${action} ${table}`));
    }
  });
  return found;
}

function resourcesIn(walk: SourceWalk, input: Node | undefined, field: string): string[] {
  const value = propertyOf(input, field);
  if (!value) throw unclear(input, field);
  const index = propertyOf(input, 'IndexName');
  const suffix = index && isStringLiteral(index) ? `/index/${index.text}` : '';
  return textsOf(walk, value).map((name) => `${name}${suffix}`);
}

/** The texts that an expression may be: a literal, or what `variable('…')` is asked for. */
function textsOf(walk: SourceWalk, expression: Node): string[] {
  if (isStringLiteral(expression)) return [expression.text];
  if (
    isCallExpression(expression) &&
    expression.expression.getText() === 'variable' &&
    expression.arguments[0]
  ) {
    return textsOf(walk, expression.arguments[0]);
  }
  const texts = valuesOf(walk, expression).flatMap((value) => textsOf(walk, value));
  if (texts.length === 0) throw unclear(expression, 'text');
  return [...new Set(texts)];
}

/** The expressions that a name, or a property of a name, stands for. */
function valuesOf(walk: SourceWalk, expression: Node): Node[] {
  if (isIdentifier(expression))
    return walk.declarationsOf(expression).flatMap((declared) => valuesAt(walk, declared));
  if (!isPropertyAccessExpression(expression)) return [];
  const declared = walk.declarationsOf(expression.name);
  const own = declared.filter(isPropertyDeclaration).flatMap((field) => valuesAt(walk, field));
  if (own.length > 0) return own;
  const name = expression.name.getText();
  return valuesOf(walk, expression.expression).flatMap((value) => propertyOf(value, name) ?? []);
}

function valuesAt(walk: SourceWalk, declaration: Node): Node[] {
  if (isVariableDeclaration(declaration)) return declaration.initializer ? [declaration.initializer] : [];
  if (isParameterDeclaration(declaration)) {
    const owner = declaration.parent;
    if (!('parameters' in owner) || !Array.isArray(owner.parameters)) return [];
    const position = owner.parameters.indexOf(declaration);
    const callee =
      isConstructorDeclaration(owner) || isVariableDeclaration(owner.parent) ? owner.parent : owner;
    return walk.argumentsPassedTo(callee).flatMap((passed) => {
      const value = passed[position];
      if (!value) return [];
      // A value handed on is what it was handed in as.
      const origin = valuesOf(walk, value);
      return origin.length > 0 ? origin : [value];
    });
  }
  if (isPropertyDeclaration(declaration) && isClassDeclaration(declaration.parent)) {
    return assignmentsTo(declaration.name.getText(), declaration.parent).flatMap((value) => {
      const origin = valuesOf(walk, value);
      return origin.length > 0 ? origin : [value];
    });
  }
  return [];
}

function assignmentsTo(field: string, declared: Node): Node[] {
  const found: Node[] = [];
  each([declared], (node) => {
    if (isBinaryExpression(node) && node.left.getText() === `this.${field}`) found.push(node.right);
  });
  return found;
}

function propertyOf(object: Node | undefined, name: string): Node | undefined {
  if (!object || !isObjectLiteralExpression(object)) return undefined;
  return object.properties.filter(isPropertyAssignment).find((property) => property.name.getText() === name)
    ?.initializer;
}

function each(nodes: Node[], look: (node: Node) => void): void {
  for (const node of nodes) {
    look(node);
    node.forEachChild((child) => each([child], look));
  }
}

function unclear(node: Node | undefined, what: string): Error {
  const place = node ? `${node.getSourceFile().fileName}: ${node.getText().slice(0, 120)}` : 'nowhere';
  return new Error(`Cannot tell from the source which ${what} this means: ${place}`);
}
