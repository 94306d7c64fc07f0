/** Turns a function's definition into what its role permits and the variables of its environment. */
import type { StageSettings } from './config.ts';
import type { FunctionDefinition, FunctionName } from './functions.ts';
import type { ParleyData } from './stacks/parley-data.ts';
import { tableDefinitions, tableNames } from './tables.ts';

export type Permission = {
  actions: string[];
  resource: string;
  /** Why `resource` cannot do without a wildcard. */
  wildcardReason?: string;
};

/** The WebSocket API as the functions that push to sockets see it. */
export type ManagementApi = {
  /** `https://…/stage`, without `/@connections`. */
  endpoint: string;
  /** ARN of the API's stage: `arn:…:execute-api:region:account:api/stage`. */
  stageArn: string;
};

export function permissionsFor(
  definition: FunctionDefinition,
  data: ParleyData,
  managementApi: ManagementApi,
): Permission[] {
  const permissions: Permission[] = [];
  for (const name of tableNames) {
    const actions = definition.tables?.[name];
    if (!actions) continue;
    const resource = data.tables[name].tableArn;
    permissions.push({ actions: actions.map((action) => `dynamodb:${action}`), resource });
  }
  for (const path of definition.indexes ?? []) {
    const [tableName, indexName] = path.split('/');
    const table = tableNames.find((name) => name === tableName);
    const { indexes, localIndexes } = (table && tableDefinitions[table]) ?? {};
    if (!table || !indexName || !(indexes?.[indexName] ?? localIndexes?.[indexName])) {
      throw new Error(`There is no index "${path}" in infra/tables.ts`);
    }
    const resource = `${data.tables[table].tableArn}/index/${indexName}`;
    permissions.push({ actions: ['dynamodb:Query'], resource });
  }
  for (const call of definition.connections ?? []) {
    const method = call === 'PostToConnection' ? 'POST' : 'DELETE';
    permissions.push({
      actions: ['execute-api:ManageConnections'],
      // docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html
      resource: `${managementApi.stageArn}/${method}/@connections/*`,
      wildcardReason:
        'The last part of the path is the connection, and any connection of this API may be meant.',
    });
  }
  if (definition.readsTokenSecret) {
    permissions.push({ actions: ['secretsmanager:GetSecretValue'], resource: data.tokenSecret.secretArn });
  }
  if (definition.readsUserIdSecret) {
    permissions.push({ actions: ['secretsmanager:GetSecretValue'], resource: data.userIdSecret.secretArn });
  }
  if (definition.readsFingerprintSecret) {
    permissions.push({
      actions: ['secretsmanager:GetSecretValue'],
      resource: data.fingerprintSecret.secretArn,
    });
  }
  if (definition.readsEdgeSecret) {
    permissions.push({ actions: ['secretsmanager:GetSecretValue'], resource: data.edgeSecret.secretArn });
  }
  if (definition.putsToStream) {
    permissions.push({ actions: ['kinesis:PutRecord'], resource: data.stream.streamArn });
  }
  if (definition.putsManyToStream) {
    permissions.push({ actions: ['kinesis:PutRecords'], resource: data.stream.streamArn });
  }
  if (definition.fanOutQueue) {
    const actions = definition.fanOutQueue.map((action) => `sqs:${action}`);
    permissions.push({ actions, resource: data.fanOutQueue.queueArn });
  }
  if (definition.queuesErasures) {
    permissions.push({ actions: ['sqs:SendMessage'], resource: data.erasureQueue.queueArn });
  }
  if (definition.putsEvents) {
    permissions.push({ actions: ['events:PutEvents'], resource: data.eventBus.eventBusArn });
  }
  if (definition.sendsDeadLetters) {
    permissions.push({ actions: ['sqs:SendMessage'], resource: data.deadLetterQueue.queueArn });
  }
  return permissions;
}

export function environmentFor(
  name: FunctionName,
  definition: FunctionDefinition,
  data: ParleyData,
  managementApi: ManagementApi,
  settings: StageSettings,
  version: string,
): Record<string, string> {
  const environment: Record<string, string> = {
    PARLEY_STAGE: settings.stage,
    PARLEY_VERSION: version,
    POWERTOOLS_SERVICE_NAME: name,
    POWERTOOLS_LOG_LEVEL: settings.logs.level,
    NODE_OPTIONS: '--enable-source-maps',
  };
  for (const table of tableNames) {
    if (definition.tables?.[table] || definition.indexes?.some((path) => path.startsWith(`${table}/`))) {
      environment[tableDefinitions[table].environmentVariable] = data.tables[table].tableName;
    }
  }
  if (definition.tables?.RateLimits) environment['RATE_LIMIT_SETTINGS'] = JSON.stringify(settings.rateLimits);
  if (definition.opensSessions) {
    environment['REGISTRATION'] = settings.registration;
    environment['SESSION_DAYS'] = String(settings.sessionDays);
  }
  if (definition.readsTokenSecret) environment['TOKEN_SECRET_ARN'] = data.tokenSecret.secretArn;
  if (definition.readsTokenSecret && settings.auth !== 'built-in') {
    environment['OIDC_SETTINGS'] = JSON.stringify(settings.auth);
  }
  if (definition.readsUserIdSecret) environment['USER_ID_SECRET_ARN'] = data.userIdSecret.secretArn;
  if (definition.readsFingerprintSecret) {
    environment['FINGERPRINT_SECRET_ARN'] = data.fingerprintSecret.secretArn;
  }
  if (definition.readsEdgeSecret) environment['EDGE_SECRET_ARN'] = data.edgeSecret.secretArn;
  if (definition.putsToStream || definition.putsManyToStream) {
    environment['STREAM_NAME'] = data.stream.streamName;
  }
  if (definition.fanOutQueue) environment['FAN_OUT_QUEUE_URL'] = data.fanOutQueue.queueUrl;
  if (definition.queuesErasures) environment['ERASURE_QUEUE_URL'] = data.erasureQueue.queueUrl;
  if (definition.putsEvents) environment['EVENT_BUS_NAME'] = data.eventBus.eventBusName;
  if (definition.sendsDeadLetters) environment['DEAD_LETTER_QUEUE_URL'] = data.deadLetterQueue.queueUrl;
  // Read by the SDK itself, as for every service (docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
  if (definition.connections) {
    environment['AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI'] = managementApi.endpoint;
  }
  return environment;
}
