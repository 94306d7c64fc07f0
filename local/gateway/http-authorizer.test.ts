import { afterEach, describe, expect, test } from 'vitest';
import type { HttpApi, HttpAuthorizer, HttpRoute } from './model.ts';
import { httpApi, integration, startTestGateway, type TestGateway } from './test-gateway.ts';

const functions = {
  echo: 'export const handler = async (event) => event;',
  authorizer: `export const handler = async (event) => {
    console.log(JSON.stringify(event));
    const wish = event.headers.authorization ?? event.headers.Authorization;
    const context = { user: 'usr_1', count: 3, flag: true, list: ['a'], map: { key: 'value' } };
    if (wish === 'unauthorized') throw new Error('Unauthorized');
    if (wish === 'broken') throw new Error('no database');
    if (wish === 'nothing') return {};
    if (wish?.startsWith('policy')) {
      const arn = event.routeArn ?? event.methodArn;
      const Resource = wish === 'policy-all' ? arn.replace(/GET.*/, '*') : arn;
      const Effect = wish === 'policy-deny' ? 'Deny' : 'Allow';
      return { principalId: 'usr_1', context,
        policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect, Resource }] } };
    }
    return { isAuthorized: wish !== 'deny', context };
  };`,
};

const simple: HttpAuthorizer = {
  id: 'authorizer-1',
  functionName: 'authorizer',
  permitted: true,
  identitySources: ['$request.header.Authorization'],
  payloadFormat: '2.0',
  simpleResponses: true,
  resultTtlSeconds: 0,
};
const policies = { ...simple, simpleResponses: false };

let gateway: TestGateway;
afterEach(() => gateway.close());

async function start(
  authorizer: HttpAuthorizer,
  changes: Partial<HttpApi> = {},
  now = Date.now,
): Promise<void> {
  const routes: HttpRoute[] = [
    { routeKey: 'GET /one/{id}', integration: integration('echo'), authorizer },
    { routeKey: 'GET /two', integration: integration('echo'), authorizer },
    { routeKey: '$default', integration: integration('echo'), authorizer },
    { routeKey: 'GET /open', integration: integration('echo') },
  ];
  gateway = await startTestGateway({ functions, httpApis: [httpApi(routes, changes)], now });
}

async function call(path: string, authorization?: string, init: RequestInit = {}) {
  const headers = { ...init.headers, ...(authorization === undefined ? {} : { authorization }) };
  const response = await fetch(gateway.origin + path, { ...init, headers });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

/** How often the authorizer ran; it prints one line each time, and this call makes it run once more. */
async function authorizations(): Promise<number> {
  await call('/v1/count', `count-${crypto.randomUUID()}`);
  for (let index = 0; ; index += 1) {
    const event = (await gateway.printed('authorizer', index)) as { rawPath?: string; path?: string };
    if ((event.rawPath ?? event.path) === '/v1/count') return index;
  }
}

describe('an authorizer with simple responses', () => {
  test('gets the request in payload format 2.0', async () => {
    await start(simple);
    await call('/v1/one/a%20b?x=1&x=2', 'token', { headers: { cookie: 'c=1' } });
    expect(await gateway.printed('authorizer')).toEqual({
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:eu-west-1:123456789012:web/v1/GET/one/a b',
      identitySource: ['token'],
      routeKey: 'GET /one/{id}',
      rawPath: '/v1/one/a b',
      rawQueryString: 'x=1&x=2',
      cookies: ['c=1'],
      headers: expect.objectContaining({ authorization: 'token' }),
      queryStringParameters: { x: '1,2' },
      pathParameters: { id: 'a b' },
      requestContext: expect.objectContaining({
        accountId: '123456789012',
        apiId: 'web',
        routeKey: 'GET /one/{id}',
        stage: 'v1',
        http: expect.objectContaining({ method: 'GET', path: '/v1/one/a b' }),
      }),
    });
  });

  test('gives its context to the function as it is', async () => {
    await start(simple);
    const { body } = await call('/v1/two', 'token');
    expect(body.requestContext.authorizer).toEqual({
      lambda: { user: 'usr_1', count: 3, flag: true, list: ['a'], map: { key: 'value' } },
    });
    expect((await call('/v1/open')).body.requestContext).not.toHaveProperty('authorizer');
  });

  test.each([
    [undefined, 401, 'Unauthorized'],
    ['unauthorized', 401, 'Unauthorized'],
    ['deny', 403, 'Forbidden'],
    ['broken', 500, 'Internal Server Error'],
    ['nothing', 500, 'Internal Server Error'],
  ])('answers the token %s with %i', async (token, status, message) => {
    await start(simple);
    expect(await call('/v1/two', token)).toMatchObject({ status, body: { message } });
  });

  test('is not asked if an identity source is missing', async () => {
    await start({ ...simple, identitySources: ['$request.header.Authorization', '$request.querystring.q'] });
    expect((await call('/v1/two', 'token')).status).toBe(401);
    expect((await call('/v1/two?q=1')).status).toBe(401);
    expect((await call('/v1/two?q=1', 'token')).status).toBe(200);
    expect((await call('/v1/two?q=', 'token')).status).toBe(401);
  });

  test('without permission is an Internal Server Error', async () => {
    await start({ ...simple, permitted: false });
    expect((await call('/v1/two', 'token')).status).toBe(500);
  });
});

describe('an authorizer with policies', () => {
  test.each([
    ['policy', 200],
    ['policy-deny', 403],
    ['nothing', 500],
    ['simple', 500],
  ])('answers the token %s with %i', async (token, status) => {
    await start(policies);
    expect((await call('/v1/two', token)).status).toBe(status);
  });

  test('may speak payload format 1.0', async () => {
    await start({ ...policies, payloadFormat: '1.0' });
    const { status, body } = await call('/v1/one/1', 'policy');
    expect(status).toBe(200);
    expect(body.requestContext.authorizer.lambda).toMatchObject({ user: 'usr_1' });
    expect(await gateway.printed('authorizer')).toMatchObject({
      version: '1.0',
      type: 'REQUEST',
      methodArn: 'arn:aws:execute-api:eu-west-1:123456789012:web/v1/GET/one/1',
      identitySource: 'policy',
      resource: '/one/{id}',
      httpMethod: 'GET',
      pathParameters: { id: '1' },
    });
  });
});

describe('a result that is kept', () => {
  test('spares the function until its time is over', async () => {
    let now = 1_000_000;
    await start({ ...simple, resultTtlSeconds: 300 }, {}, () => now);
    for (const path of ['/v1/two', '/v1/two', '/v1/one/1'])
      expect((await call(path, 'token')).status).toBe(200);
    now += 299_000;
    await call('/v1/two', 'token');
    expect(await authorizations()).toBe(1);
    now += 2_000;
    await call('/v1/two', 'token');
    await call('/v1/two', 'token');
    expect(await gateway.printed('authorizer', 2)).toMatchObject({ routeKey: 'GET /two' });
  });

  test('is kept for each value of the identity sources, refusals included', async () => {
    await start({ ...simple, resultTtlSeconds: 300 });
    for (const token of ['a', 'b', 'deny', 'a', 'b', 'deny']) {
      expect((await call('/v1/two', token)).status).toBe(token === 'deny' ? 403 : 200);
    }
    expect(await authorizations()).toBe(3);
  });

  test('holds its policy against each route anew', async () => {
    await start({ ...policies, resultTtlSeconds: 300 });
    expect((await call('/v1/two', 'policy')).status).toBe(200);
    expect((await call('/v1/one/1', 'policy')).status).toBe(403);
    expect((await call('/v1/two', 'policy-all')).status).toBe(200);
    expect((await call('/v1/one/1', 'policy-all')).status).toBe(200);
  });

  test('is kept by route where the route is an identity source', async () => {
    const identitySources = ['$request.header.Authorization', '$context.routeKey'];
    await start({ ...simple, identitySources, resultTtlSeconds: 300 });
    for (const path of ['/v1/two', '/v1/one/1', '/v1/two', '/v1/one/2']) await call(path, 'token');
    expect(await authorizations()).toBe(2);
  });

  test('is never an error, nor any without identity sources', async () => {
    await start({ ...simple, resultTtlSeconds: 300 });
    await call('/v1/two', 'broken');
    await call('/v1/two', 'broken');
    expect(await authorizations()).toBe(2);
    await gateway.close();
    await start({ ...simple, identitySources: [], resultTtlSeconds: 300 });
    await call('/v1/two', 'a');
    await call('/v1/two', 'a');
    expect(await authorizations()).toBe(2);
  });
});

describe('with CORS', () => {
  const cors = {
    allowOrigins: ['https://app.example', 'https://*.example.org'],
    allowMethods: ['GET', 'POST'],
    allowHeaders: ['authorization', 'content-type'],
    exposeHeaders: ['x-count'],
    maxAgeSeconds: 600,
    allowCredentials: true,
  };
  const preflight = (origin: string) => ({
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'GET' },
  });

  function corsHeaders(headers: Headers): Record<string, string> {
    return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));
  }

  async function startOpen(changes: Partial<HttpApi> = {}): Promise<void> {
    const source = `export const handler = async () => ({ statusCode: 200, body: '{}',
      headers: { 'Access-Control-Allow-Origin': 'https://evil.example', 'Access-Control-Max-Age': '1', 'X-Own': 'kept' } });`;
    gateway = await startTestGateway({
      functions: { own: source },
      httpApis: [httpApi([{ routeKey: 'GET /own', integration: integration('own') }], { cors, ...changes })],
    });
  }

  test('a preflight is answered though no OPTIONS route exists', async () => {
    await startOpen();
    const { status, headers } = await call('/v1/own', undefined, preflight('https://app.example'));
    expect(status).toBe(204);
    expect(corsHeaders(headers)).toEqual({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-expose-headers': 'x-count',
      'access-control-max-age': '600',
    });
  });

  test('an origin that is not allowed gets no CORS headers', async () => {
    await startOpen();
    const { headers } = await call('/v1/own', undefined, preflight('https://evil.example'));
    expect(corsHeaders(headers)).toEqual({});
    const answer = await call('/v1/own', undefined, { headers: { origin: 'https://evil.example' } });
    expect(corsHeaders(answer.headers)).toEqual({});
  });

  test('answers carry the configured headers, never those of the function', async () => {
    await startOpen();
    const answer = await call('/v1/own', undefined, { headers: { origin: 'https://a.example.org' } });
    expect(corsHeaders(answer.headers)).toEqual({
      'access-control-allow-origin': 'https://a.example.org',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-count',
    });
    expect(answer.headers.get('x-own')).toBe('kept');
    expect(corsHeaders((await call('/v1/own')).headers)).toEqual({});
    const missing = await call('/v1/missing', undefined, { headers: { origin: 'https://app.example' } });
    expect(missing.status).toBe(404);
    expect(corsHeaders(missing.headers)).toHaveProperty('access-control-allow-origin');
  });

  test('any origin is answered with *', async () => {
    await startOpen({ cors: { ...cors, allowOrigins: ['*'], allowCredentials: false } });
    const answer = await call('/v1/own', undefined, { headers: { origin: 'https://whoever.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  test("OPTIONS that is no preflight is the routes' to answer", async () => {
    await startOpen();
    expect((await call('/v1/own', undefined, { method: 'OPTIONS' })).status).toBe(404);
  });

  test('a $default route with an authorizer takes preflights too', async () => {
    await start(simple, { cors });
    expect((await call('/v1/any', undefined, preflight('https://app.example'))).status).toBe(401);
    expect((await call('/v1/any', 'token', preflight('https://app.example'))).status).toBe(204);
  });

  test("without a configuration the function's own headers stay", async () => {
    const source = `export const handler = async () => ({ statusCode: 200, body: '{}',
      headers: { 'Access-Control-Allow-Origin': '*' } });`;
    gateway = await startTestGateway({
      functions: { own: source },
      httpApis: [httpApi([{ routeKey: 'GET /own', integration: integration('own') }])],
    });
    expect(corsHeaders((await call('/v1/own')).headers)).toEqual({ 'access-control-allow-origin': '*' });
  });
});
