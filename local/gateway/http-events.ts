import type { IncomingMessage } from 'node:http';
import type { HttpApi } from './model.ts';
import { commonLogTime, forwardingHeaders, randomId, sourceAddress } from './request-identity.ts';

/** A request as an HTTP API sees it once its route is known. */
export type HttpRequestFacts = {
  api: HttpApi;
  request: IncomingMessage;
  routeKey: string;
  /** Decoded, stage included. */
  path: string;
  rawQueryString: string;
  pathParameters: Record<string, string> | undefined;
  body: Buffer;
  requestId: string;
  time: number;
  region: string;
  accountId: string;
};

/** Of one connection only, so not the function's to see. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Payload format 2.0: names in lower case, repeated headers joined by commas, cookies in a field of their own. */
export function eventHeaders(request: IncomingMessage, bodyBytes: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (hopByHop.has(name) || name === 'cookie' || values === undefined) continue;
    headers[name] = values.join(',');
  }
  for (const [name, value] of Object.entries(forwardingHeaders(request))) headers[name.toLowerCase()] = value;
  headers['content-length'] = String(bodyBytes);
  return headers;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export function proxyEvent(
  facts: HttpRequestFacts,
  authorizer: Record<string, unknown> | undefined,
): Record<string, unknown> {
  const { body, request } = facts;
  const isBase64Encoded = body.length > 0 && !isText(request.headers['content-type']);
  return {
    version: '2.0',
    routeKey: facts.routeKey,
    rawPath: facts.path,
    rawQueryString: facts.rawQueryString,
    ...commonFields(facts),
    requestContext: {
      ...requestContext(facts),
      ...(authorizer === undefined ? {} : { authorizer: { lambda: authorizer } }),
    },
    ...(body.length === 0 ? {} : { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html */
export function authorizerEvent(facts: HttpRequestFacts, identity: string[]): Record<string, unknown> {
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: routeArn(facts),
    identitySource: identity,
    routeKey: facts.routeKey,
    rawPath: facts.path,
    rawQueryString: facts.rawQueryString,
    ...commonFields(facts),
    requestContext: requestContext(facts),
  };
}

/** The REST API's shape, for authorizers of payload format 1.0. */
export function authorizerEventV1(facts: HttpRequestFacts, identity: string[]): Record<string, unknown> {
  const { request, api } = facts;
  const method = request.method ?? 'GET';
  const resource = facts.routeKey.replace(/^[A-Z]+ /, '');
  return {
    version: '1.0',
    type: 'REQUEST',
    methodArn: routeArn(facts),
    identitySource: identity.join(','),
    authorizationToken: identity.join(','),
    resource,
    path: facts.path,
    httpMethod: method,
    headers: eventHeaders(request, facts.body.length),
    queryStringParameters: Object.fromEntries(new URLSearchParams(facts.rawQueryString)),
    pathParameters: facts.pathParameters ?? {},
    stageVariables: api.stageVariables ?? {},
    requestContext: {
      path: facts.path,
      accountId: facts.accountId,
      resourceId: facts.routeKey,
      stage: api.stage,
      requestId: facts.requestId,
      identity: { sourceIp: sourceAddress(request), userAgent: request.headers['user-agent'] ?? '' },
      resourcePath: resource,
      httpMethod: method,
      apiId: api.apiId,
    },
  };
}

export function routeArn({ api, request, path, region, accountId }: HttpRequestFacts): string {
  const withinStage = api.stage === '$default' ? path : path.slice(`/${api.stage}`.length);
  const method = request.method ?? 'GET';
  return `arn:aws:execute-api:${region}:${accountId}:${api.apiId}/${api.stage}/${method}/${withinStage.slice(1)}`;
}

export function newRequestId(): string {
  return randomId();
}

function commonFields(facts: HttpRequestFacts): Record<string, unknown> {
  const { request, body, api, pathParameters } = facts;
  const cookies = (request.headersDistinct['cookie'] ?? [])
    .flatMap((line) => line.split(/;\s*/))
    .filter(Boolean);
  const query = joinedQuery(facts.rawQueryString);
  return {
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: eventHeaders(request, body.length),
    ...(query === undefined ? {} : { queryStringParameters: query }),
    ...(pathParameters === undefined ? {} : { pathParameters }),
    ...(api.stageVariables === undefined ? {} : { stageVariables: api.stageVariables }),
  };
}

function joinedQuery(rawQueryString: string): Record<string, string> | undefined {
  const query = new URLSearchParams(rawQueryString);
  const names = new Set(query.keys());
  if (names.size === 0) return undefined;
  return Object.fromEntries([...names].map((name) => [name, query.getAll(name).join(',')]));
}

function requestContext(facts: HttpRequestFacts): Record<string, unknown> {
  const { request, api } = facts;
  return {
    accountId: facts.accountId,
    apiId: api.apiId,
    domainName: `${api.apiId}.execute-api.${facts.region}.amazonaws.com`,
    domainPrefix: api.apiId,
    http: {
      method: request.method ?? 'GET',
      path: facts.path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: sourceAddress(request),
      userAgent: request.headers['user-agent'] ?? '',
    },
    requestId: facts.requestId,
    routeKey: facts.routeKey,
    stage: api.stage,
    time: commonLogTime(facts.time),
    timeEpoch: facts.time,
  };
}

/**
 * Bodies of these types come as text, all others as base64 (forms included). AWS does not list the types; a handler
 * that heeds isBase64Encoded, as it must, is right either way.
 */
function isText(contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  return /^text\/|^application\/(json|javascript|xml)$|\+(json|xml)$/.test(type);
}
