/** Turns a function's definition into the statements of its role and the variables of its environment. */
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { StageSettings } from './config.ts';
import type { FunctionDefinition } from './functions.ts';
import type { ParleyData } from './stacks/parley-data.ts';
import { tableDefinitions, tableNames } from './tables.ts';

/** The WebSocket API as the functions that push to sockets see it. */
export type ManagementApi = {
  /** `https://…/stage`, without `/@connections`. */
  endpoint: string;
  /** ARN of the API's stage: `arn:…:execute-api:region:account:api/stage`. */
  stageArn: string;
};

export function allow(actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions, resources });
}

export function statementsFor(
  definition: FunctionDefinition,
  data: ParleyData,
  managementApi: ManagementApi,
): PolicyStatement[] {
  const statements: PolicyStatement[] = [];
  for (const name of tableNames) {
    const actions = definition.tables?.[name];
    if (!actions) continue;
    statements.push(
      allow(
        actions.map((action) => `dynamodb:${action}`),
        [data.tables[name].tableArn],
      ),
    );
  }
  for (const path of definition.indexes ?? []) {
    const [tableName, indexName] = path.split('/');
    const table = tableNames.find((name) => name === tableName);
    if (!table || !indexName || !tableDefinitions[table].indexes?.[indexName]) {
      throw new Error(`There is no index "${path}" in infra/tables.ts`);
    }
    statements.push(allow(['dynamodb:Query'], [`${data.tables[table].tableArn}/index/${indexName}`]));
  }
  // The connection is the last part of the path, so any connection of this API is a wildcard
  // (docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html).
  for (const call of definition.connections ?? []) {
    const method = call === 'PostToConnection' ? 'POST' : 'DELETE';
    statements.push(
      allow(['execute-api:ManageConnections'], [`${managementApi.stageArn}/${method}/@connections/*`]),
    );
  }
  if (definition.readsTokenSecret) {
    statements.push(allow(['secretsmanager:GetSecretValue'], [data.tokenSecret.secretArn]));
  }
  if (definition.putsToStream) statements.push(allow(['kinesis:PutRecord'], [data.stream.streamArn]));
  if (definition.sendsDeadLetters)
    statements.push(allow(['sqs:SendMessage'], [data.deadLetterQueue.queueArn]));
  return statements;
}

export function environmentFor(
  name: string,
  definition: FunctionDefinition,
  data: ParleyData,
  managementApi: ManagementApi,
  settings: StageSettings,
  version: string,
): Record<string, string> {
  const environment: Record<string, string> = {
    PARLEY_VERSION: version,
    POWERTOOLS_SERVICE_NAME: name,
    POWERTOOLS_LOG_LEVEL: settings.logs.level,
    NODE_OPTIONS: '--enable-source-maps',
  };
  for (const table of tableNames) {
    if (definition.tables?.[table]) {
      environment[tableDefinitions[table].environmentVariable] = data.tables[table].tableName;
    }
  }
  if (definition.tables?.RateLimits) environment['RATE_LIMIT_SETTINGS'] = JSON.stringify(settings.rateLimits);
  if (definition.knowsRegistration) environment['REGISTRATION'] = settings.registration;
  if (definition.readsTokenSecret) environment['TOKEN_SECRET_ARN'] = data.tokenSecret.secretArn;
  if (definition.putsToStream) environment['STREAM_NAME'] = data.stream.streamName;
  if (definition.sendsDeadLetters) environment['DEAD_LETTER_QUEUE_URL'] = data.deadLetterQueue.queueUrl;
  // Read by the SDK itself, as for every service (docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
  if (definition.connections) {
    environment['AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI'] = managementApi.endpoint;
  }
  return environment;
}
