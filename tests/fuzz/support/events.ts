import { randomUUID } from 'node:crypto';

/** Events as API Gateway makes them (payload format 2.0 of HTTP APIs; WebSocket APIs have one form). */

export type HttpCall = {
  routeKey: string;
  pathParameters?: Record<string, string>;
  rawQueryString?: string;
  headers?: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
  sourceIp?: string;
};

export function httpEvent(call: HttpCall): Record<string, unknown> {
  const {
    routeKey,
    pathParameters,
    rawQueryString = '',
    headers = {},
    body,
    sourceIp = '203.0.113.9',
  } = call;
  const [method = 'GET', template = '/'] = routeKey.split(' ');
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => pathParameters?.[name] ?? '');
  const query = new URLSearchParams(rawQueryString);
  const time = Date.now();
  return {
    version: '2.0',
    routeKey,
    rawPath: `/v1${path}`,
    rawQueryString,
    headers: { 'content-type': 'application/json', host: 'api.example', ...headers },
    ...(query.size > 0 && { queryStringParameters: Object.fromEntries(query) }),
    ...(pathParameters !== undefined && { pathParameters }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: 'api.example',
      domainPrefix: 'api',
      http: {
        method,
        path: `/v1${path}`,
        protocol: 'HTTP/1.1',
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: 'v1',
      time: new Date(time).toUTCString(),
      timeEpoch: time,
    },
    ...(body !== undefined && { body }),
    isBase64Encoded: call.isBase64Encoded ?? false,
  };
}

const connectionId = 'fuzzed-connection=';

export function frameEvent(routeKey: string, authorizer: Record<string, string>, body: string): object {
  return {
    requestContext: {
      ...socketContext(routeKey, 'MESSAGE'),
      authorizer: { ...authorizer, principalId: authorizer['userId'] },
      messageId: randomUUID(),
    },
    body,
    isBase64Encoded: false,
  };
}

export function authorizerEvent(headers: Record<string, string>): object {
  return {
    type: 'REQUEST',
    methodArn: 'arn:aws:execute-api:us-east-1:000000000000:api/v1/$connect',
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: {},
    multiValueQueryStringParameters: {},
    stageVariables: {},
    requestContext: socketContext('$connect', 'CONNECT'),
  };
}

function socketContext(routeKey: string, eventType: string): Record<string, unknown> {
  const time = Date.now();
  return {
    routeKey,
    eventType,
    extendedRequestId: randomUUID(),
    requestTime: new Date(time).toUTCString(),
    messageDirection: 'IN',
    stage: 'v1',
    connectedAt: time - 60_000,
    requestTimeEpoch: time,
    identity: { sourceIp: '203.0.113.9' },
    requestId: randomUUID(),
    domainName: 'socket.example',
    connectionId,
    apiId: 'socket',
  };
}
