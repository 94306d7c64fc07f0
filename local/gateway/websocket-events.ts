import type { IncomingMessage } from 'node:http';
import type { WebSocketApi } from './model.ts';
import { commonLogTime, forwardingHeaders, randomId, sourceAddress } from './request-identity.ts';

/** What stays the same in every event of one connection. */
export type ConnectionFacts = {
  api: WebSocketApi;
  connectionId: string;
  connectedAt: number;
  sourceIp: string;
  userAgent: string | undefined;
  domainName: string;
  region: string;
  accountId: string;
  /** The authorizer's context and principalId, all strings; undefined where the API has no authorizer. */
  authorizer: Record<string, string> | undefined;
};

export type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT';

/** The handshake's headers and query, as API Gateway passes them on. */
export type HandshakeParts = {
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
  queryStringParameters?: Record<string, string>;
  multiValueQueryStringParameters?: Record<string, string[]>;
};

/** Header names keep the client's spelling; of a repeated header or parameter the single-value map has the last. */
export function handshakeParts(request: IncomingMessage): HandshakeParts {
  const multiValueHeaders: Record<string, string[]> = {};
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? '';
    // The upgrade itself is the gateway's affair, and the next lines replace what clients say of forwarding.
    if (/^(connection|upgrade|x-forwarded-(for|port|proto)|x-amzn-trace-id)$/i.test(name)) continue;
    const values = Object.hasOwn(multiValueHeaders, name) ? (multiValueHeaders[name] ?? []) : [];
    multiValueHeaders[name] = [...values, request.rawHeaders[index + 1] ?? ''];
  }
  for (const [name, value] of Object.entries(forwardingHeaders(request))) multiValueHeaders[name] = [value];
  const headers = lastValues(multiValueHeaders);

  const query = new URLSearchParams(request.url?.split('?').slice(1).join('?') ?? '');
  const multiValueQueryStringParameters: Record<string, string[]> = {};
  for (const name of query.keys()) multiValueQueryStringParameters[name] = query.getAll(name);
  if (Object.keys(multiValueQueryStringParameters).length === 0) return { headers, multiValueHeaders };
  const queryStringParameters = lastValues(multiValueQueryStringParameters);
  return { headers, multiValueHeaders, queryStringParameters, multiValueQueryStringParameters };
}

function lastValues(values: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1) ?? '']));
}

export function requestContext(
  facts: ConnectionFacts,
  routeKey: string,
  eventType: EventType,
): Record<string, unknown> & { requestId: string } {
  const now = Date.now();
  const requestId = randomId();
  return {
    routeKey,
    ...(facts.authorizer === undefined ? {} : { authorizer: facts.authorizer }),
    ...(eventType === 'MESSAGE' ? { messageId: randomId() } : {}),
    eventType,
    // WebSocket APIs give the same id twice.
    extendedRequestId: requestId,
    requestTime: commonLogTime(now),
    messageDirection: 'IN',
    stage: facts.api.stage,
    connectedAt: facts.connectedAt,
    requestTimeEpoch: now,
    identity: {
      ...(facts.userAgent === undefined ? {} : { userAgent: facts.userAgent }),
      sourceIp: facts.sourceIp,
    },
    requestId,
    domainName: facts.domainName,
    connectionId: facts.connectionId,
    apiId: facts.api.apiId,
  };
}

export function methodArn(facts: ConnectionFacts, routeKey: string): string {
  const { api, region, accountId } = facts;
  return `arn:aws:execute-api:${region}:${accountId}:${api.apiId}/${api.stage}/${routeKey}`;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html */
export function authorizerEvent(facts: ConnectionFacts, parts: HandshakeParts): Record<string, unknown> {
  return {
    type: 'REQUEST',
    methodArn: methodArn(facts, '$connect'),
    headers: parts.headers,
    multiValueHeaders: parts.multiValueHeaders,
    queryStringParameters: parts.queryStringParameters ?? {},
    multiValueQueryStringParameters: parts.multiValueQueryStringParameters ?? {},
    stageVariables: facts.api.stageVariables ?? {},
    requestContext: requestContext(facts, '$connect', 'CONNECT'),
  };
}

export function connectEvent(facts: ConnectionFacts, parts: HandshakeParts): Record<string, unknown> {
  return {
    ...parts,
    ...stageVariables(facts),
    requestContext: requestContext(facts, '$connect', 'CONNECT'),
    isBase64Encoded: false,
  };
}

export function messageEvent(
  facts: ConnectionFacts,
  context: Record<string, unknown>,
  body: string,
): Record<string, unknown> {
  return { ...stageVariables(facts), requestContext: context, body, isBase64Encoded: false };
}

export function disconnectEvent(
  facts: ConnectionFacts,
  disconnectStatusCode: number,
  disconnectReason: string,
): Record<string, unknown> {
  const headers = { Host: facts.domainName, 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' };
  return {
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    ...stageVariables(facts),
    requestContext: {
      ...requestContext(facts, '$disconnect', 'DISCONNECT'),
      disconnectStatusCode,
      disconnectReason,
    },
    isBase64Encoded: false,
  };
}

function stageVariables(facts: ConnectionFacts): Record<string, unknown> {
  return facts.api.stageVariables === undefined ? {} : { stageVariables: facts.api.stageVariables };
}

export function connectionFacts(
  api: WebSocketApi,
  request: IncomingMessage,
  place: { region: string; accountId: string },
): ConnectionFacts {
  return {
    api,
    connectionId: randomId(),
    connectedAt: Date.now(),
    sourceIp: sourceAddress(request),
    userAgent: request.headers['user-agent'],
    domainName: `${api.apiId}.execute-api.${place.region}.amazonaws.com`,
    ...place,
    authorizer: undefined,
  };
}
