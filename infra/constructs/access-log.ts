/**
 * Access logs of an API stage: who called which route, and how it went. Headers are never among the fields, since
 * the handshake carries the token in `Authorization` or `Sec-WebSocket-Protocol`; nor is the query string.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type IAccessLogSettings, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';

const commonFields = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  routeKey: '$context.routeKey',
  status: '$context.status',
  integrationLatency: '$context.integrationLatency',
  integrationError: '$context.integrationErrorMessage',
};

/** docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html */
export const webSocketLogFields = {
  ...commonFields,
  eventType: '$context.eventType',
  connectionId: '$context.connectionId',
  authorizerError: '$context.authorizer.error',
  error: '$context.error.message',
};

/** docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html */
export const httpLogFields = {
  ...commonFields,
  method: '$context.httpMethod',
  path: '$context.path',
  responseLength: '$context.responseLength',
  responseLatency: '$context.responseLatency',
};

export function accessLog(
  scope: Construct,
  settings: StageSettings,
  fields: Record<string, string>,
): IAccessLogSettings {
  const logGroup = new LogGroup(scope, 'AccessLog', {
    retention: settings.logs.retentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  return {
    destination: new LogGroupLogDestination(logGroup),
    format: AccessLogFormat.custom(JSON.stringify(fields)),
  };
}
