import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HttpRoute } from './model.ts';
import { httpApi, integration, startTestGateway, type TestGateway } from './test-gateway.ts';

const functions = {
  echo: 'export const handler = async (event) => event;',
  answer: `export const handler = async (event) => {
    if (event.rawQueryString === 'throw') throw new Error('secret');
    if (event.rawQueryString === 'undefined') return undefined;
    if (event.rawQueryString === 'hang') return new Promise(() => setInterval(() => {}, 1000));
    return JSON.parse(event.body);
  };`,
};

const slow = integration('answer', { timeoutMilliseconds: 100 });
const denied = integration('echo', { permitted: false });
const routes: HttpRoute[] = [
  { routeKey: 'POST /answer', integration: integration('answer') },
  { routeKey: 'GET /answer', integration: integration('answer') },
  { routeKey: 'GET /slow', integration: slow },
  { routeKey: 'GET /denied', integration: denied },
  { routeKey: 'GET /', integration: integration('echo') },
  { routeKey: 'ANY /any', integration: integration('echo') },
  { routeKey: 'POST /echo', integration: integration('echo') },
  { routeKey: 'GET /items/{id}/parts/{partId}', integration: integration('echo') },
  { routeKey: 'GET /files/{path+}', integration: integration('echo') },
];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    functions,
    httpApis: [
      httpApi(routes, { stageVariables: { tier: 'gold' } }),
      httpApi([{ routeKey: '$default', integration: integration('echo') }], { apiId: 'all', stage: 'all' }),
    ],
  });
});
afterAll(() => gateway.close());

async function call(path: string, init?: RequestInit): Promise<{ response: Response; body: unknown }> {
  const response = await fetch(gateway.origin + path, init);
  const text = await response.text();
  return { response, body: text === '' ? undefined : JSON.parse(text) };
}

/** What the function returns becomes the answer. */
function answer(returned: unknown): Promise<Response> {
  return fetch(`${gateway.origin}/v1/answer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(returned),
  });
}

describe('an event of payload format 2.0', () => {
  test('has every field as AWS spells it', async () => {
    const before = Date.now();
    const { body } = await call('/v1/items/a%20b/parts/%C3%A9?x=1&y=a&y=b%2Cc&empty=', {
      headers: { 'X-Custom': 'One', accept: '*/*', cookie: 'a=1; b=2', 'user-agent': 'probe/1' },
    });
    expect(body).toEqual({
      version: '2.0',
      routeKey: 'GET /items/{id}/parts/{partId}',
      // HTTP APIs decode the path, and leave the stage in it.
      rawPath: '/v1/items/a b/parts/é',
      rawQueryString: 'x=1&y=a&y=b%2Cc&empty=',
      cookies: ['a=1', 'b=2'],
      headers: expect.objectContaining({
        accept: '*/*',
        'content-length': '0',
        host: `127.0.0.1:${gateway.port}`,
        'user-agent': 'probe/1',
        'x-custom': 'One',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': String(gateway.port),
        'x-forwarded-proto': 'https',
        'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      }),
      queryStringParameters: { x: '1', y: 'a,b,c', empty: '' },
      pathParameters: { id: 'a b', partId: 'é' },
      stageVariables: { tier: 'gold' },
      requestContext: {
        accountId: '123456789012',
        apiId: 'web',
        domainName: 'web.execute-api.eu-west-1.amazonaws.com',
        domainPrefix: 'web',
        http: {
          method: 'GET',
          path: '/v1/items/a b/parts/é',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'probe/1',
        },
        requestId: expect.stringMatching(/^[\w-]{15}=$/),
        routeKey: 'GET /items/{id}/parts/{partId}',
        stage: 'v1',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.toSatisfy((time: number) => time >= before && time <= Date.now()),
      },
      isBase64Encoded: false,
    });
  });

  test('has neither cookies, connection headers nor body where there are none', async () => {
    const { body } = await call('/v1/any');
    expect(body).not.toHaveProperty('cookies');
    expect(body).not.toHaveProperty('body');
    expect(body).not.toHaveProperty('queryStringParameters');
    expect(body).not.toHaveProperty('pathParameters');
    expect(body).not.toHaveProperty('headers.connection');
    expect(body).not.toHaveProperty('headers.cookie');
    expect(body).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
  });

  test('joins repeated headers with commas', async () => {
    const body = await new Promise((resolve, reject) => {
      const headers = { 'x-many': ['one', 'two'], cookie: ['a=1', 'b=2'] };
      httpRequest(`${gateway.origin}/v1/any`, { headers }, async (response) => {
        resolve(JSON.parse((await response.toArray()).join('')));
      })
        .on('error', reject)
        .end();
    });
    expect(body).toMatchObject({ headers: { 'x-many': 'one,two' }, cookies: ['a=1', 'b=2'] });
  });

  test.each([
    ['application/json', '{"a":"é"}', false],
    ['text/plain; charset=utf-8', 'é', false],
    ['application/problem+json', '{}', false],
    ['application/x-www-form-urlencoded', 'a=1', true],
    ['application/octet-stream', Buffer.from([0, 255, 128]), true],
    ['image/png', Buffer.from([137, 80]), true],
  ])('with a body of type %s', async (type, sent, isBase64Encoded) => {
    const { body } = await call('/v1/echo', {
      method: 'POST',
      headers: { 'content-type': type },
      body: sent,
    });
    const text = Buffer.from(sent).toString(isBase64Encoded ? 'base64' : 'utf8');
    const length = String(Buffer.byteLength(sent));
    expect(body).toMatchObject({ body: text, isBase64Encoded, headers: { 'content-length': length } });
  });
});

describe('a route', () => {
  test.each([
    ['GET', '/v1', 'GET /', undefined],
    ['GET', '/v1/', 'GET /', undefined],
    ['DELETE', '/v1/any', 'ANY /any', undefined],
    ['GET', '/v1/files/a/b.txt', 'GET /files/{path+}', { path: 'a/b.txt' }],
    ['PUT', '/all/what/ever', '$default', undefined],
    ['GET', '/all', '$default', undefined],
  ])('%s %s is %s', async (method, path, routeKey, pathParameters) => {
    const { body } = await call(path, { method });
    expect(body).toMatchObject({ routeKey });
    expect(body).toHaveProperty('rawPath', path);
    expect((body as { pathParameters?: object }).pathParameters).toEqual(pathParameters);
  });

  test.each(['/v1/nowhere', '/v1/files', '/v1/files/', '/v1/items/1', '/v1/answer/x'])(
    '%s is not found',
    async (path) => {
      const { response, body } = await call(path);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(body).toEqual({ message: 'Not Found' });
    },
  );

  test('a method that no route has is not found, HEAD included', async () => {
    expect((await call('/v1/answer', { method: 'DELETE' })).response.status).toBe(404);
    expect((await fetch(`${gateway.origin}/v1/answer`, { method: 'HEAD' })).status).toBe(404);
  });

  test("a path outside of every stage is not the gateway's", async () => {
    expect((await fetch(`${gateway.origin}/v1x`)).status).toBe(418);
    expect((await fetch(gateway.origin)).status).toBe(418);
  });

  test('a path that cannot be decoded is a bad request', async () => {
    expect((await call('/v1/%E0%A4%A')).response.status).toBe(400);
  });
});

describe('an answer', () => {
  test.each([
    ['an object', { hello: 'world' }, '{"hello":"world"}'],
    ['a text', 'hello', 'hello'],
    ['a list', [1], '[1]'],
  ])('without statusCode, %s, is the JSON body of a 200', async (_, returned, body) => {
    const response = await answer(returned);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe(body);
  });

  test('of nothing is null', async () => {
    expect(await (await fetch(`${gateway.origin}/v1/answer?undefined`)).text()).toBe('null');
  });

  test("has the function's status, headers, cookies and body", async () => {
    const response = await answer({
      statusCode: 201,
      headers: { 'Content-Type': 'application/problem+json', 'X-Count': 3, 'Content-Length': '999' },
      cookies: ['a=1; Path=/', 'b=2'],
      body: '{"é":1}',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-count')).toBe('3');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    expect(response.headers.get('apigw-requestid')).toMatch(/=$/);
    expect(await response.text()).toBe('{"é":1}');
  });

  test('is text where the function names no type', async () => {
    const response = await answer({ statusCode: '200', body: 'hello' });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe('hello');
  });

  test('in base64 is sent as bytes', async () => {
    const bytes = Buffer.from([0, 255, 128]);
    const response = await answer({ statusCode: 200, isBase64Encoded: true, body: bytes.toString('base64') });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
  });

  test('of 204 has no body', async () => {
    const response = await answer({ statusCode: 204 });
    expect(response.status).toBe(204);
    expect(response.headers.get('content-type')).toBeNull();
  });

  test.each([
    { statusCode: 'ok' },
    { statusCode: 99 },
    { statusCode: null },
    { statusCode: 200, body: { not: 'text' } },
    { statusCode: 200, headers: 'text' },
    { statusCode: 200, headers: { nested: {} } },
  ])('that is malformed, %j, is an Internal Server Error', async (returned) => {
    const response = await answer(returned);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"message":"Internal Server Error"}');
  });

  test('of a function that throws is an Internal Server Error that tells nothing', async () => {
    const { response, body } = await call('/v1/answer?throw');
    expect(response.status).toBe(500);
    expect(body).toEqual({ message: 'Internal Server Error' });
    expect(gateway.failures.at(-1)).toMatchObject({
      route: 'GET /answer',
      cause: expect.stringContaining('secret'),
    });
  });

  test('that takes too long is Service Unavailable', async () => {
    const { response, body } = await call('/v1/slow?hang');
    expect(response.status).toBe(503);
    expect(body).toEqual({ message: 'Service Unavailable' });
  });

  test('without permission for the function is an Internal Server Error', async () => {
    const { response, body } = await call('/v1/denied');
    expect(response.status).toBe(500);
    expect(body).toEqual({ message: 'Internal Server Error' });
  });
});

describe('a body', () => {
  test('of more than 10 MB is 413', async () => {
    const { response, body } = await call('/v1/echo', {
      method: 'POST',
      body: Buffer.alloc(10 * 1024 * 1024 + 1),
    });
    expect(response.status).toBe(413);
    expect(body).toEqual({ message: 'Request Entity Too Large' });
  });

  test('of more than 10 MB is 413 though its length is not told', async () => {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${gateway.origin}/v1/echo`, { method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
      for (let part = 0; part < 11; part += 1) request.write(Buffer.alloc(1024 * 1024));
      request.end();
    });
    expect(status).toBe(413);
  });
});
