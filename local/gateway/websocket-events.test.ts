import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from './test-gateway.ts';
import { functions, wholeApi } from './test-websocket-functions.ts';

describe('the events of a connection', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ functions, webSocketApis: [wholeApi] });
  });
  afterAll(() => gateway.close());

  test('carry the handshake, the frame and the close, and the authorizer context in each', async () => {
    const before = Date.now();
    const socket = gateway.connect('/v1?room=a&room=b%20c', [], {
      headers: { 'User-Agent': 'probe/1' },
      // ws takes no repeated header among its options.
      finishRequest: (request) => request.setHeader('X-Custom', ['one', 'two']).end(),
    });
    await socket.opened;
    socket.send({ action: 'echo', text: 'hé' });
    const message = JSON.parse(JSON.stringify(await socket.next()));
    socket.socket.close(4001, 'bye');
    const authorize = await gateway.printed('authorizer');
    const connect = await gateway.printed('connect');
    const disconnect = await gateway.printed('disconnect');

    const context = {
      apiId: 'sockets',
      connectedAt: expect.toSatisfy((time: number) => time >= before && time <= Date.now()),
      connectionId: message.requestContext.connectionId,
      domainName: 'sockets.execute-api.eu-west-1.amazonaws.com',
      extendedRequestId: expect.stringMatching(/^[\w-]{15}=$/),
      identity: { sourceIp: '127.0.0.1', userAgent: 'probe/1' },
      messageDirection: 'IN',
      requestId: expect.stringMatching(/^[\w-]{15}=$/),
      requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      requestTimeEpoch: expect.any(Number),
      stage: 'v1',
    };
    const handshake = {
      headers: expect.objectContaining({
        'User-Agent': 'probe/1',
        'X-Custom': 'two',
        'Sec-WebSocket-Version': '13',
        Host: `127.0.0.1:${gateway.port}`,
        'X-Forwarded-For': '127.0.0.1',
        'X-Forwarded-Proto': 'https',
        'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-/),
      }),
      multiValueHeaders: expect.objectContaining({ 'X-Custom': ['one', 'two'], 'User-Agent': ['probe/1'] }),
      queryStringParameters: { room: 'b c' },
      multiValueQueryStringParameters: { room: ['a', 'b c'] },
    };
    const authorizer = { principalId: 'usr_1', name: 'Ann', age: '42', admin: 'true' };

    expect(authorize).toEqual({
      ...handshake,
      type: 'REQUEST',
      methodArn: 'arn:aws:execute-api:eu-west-1:123456789012:sockets/v1/$connect',
      stageVariables: {},
      requestContext: { ...context, routeKey: '$connect', eventType: 'CONNECT' },
    });
    expect(connect).toEqual({
      ...handshake,
      requestContext: { ...context, authorizer, routeKey: '$connect', eventType: 'CONNECT' },
      isBase64Encoded: false,
    });
    expect(message).toEqual({
      requestContext: {
        ...context,
        authorizer,
        routeKey: 'echo',
        eventType: 'MESSAGE',
        messageId: expect.stringMatching(/^[\w-]{15}=$/),
      },
      body: '{"action":"echo","text":"hé"}',
      isBase64Encoded: false,
    });
    expect(disconnect).toEqual({
      headers: {
        Host: 'sockets.execute-api.eu-west-1.amazonaws.com',
        'X-Forwarded-For': '',
        'x-api-key': '',
        'x-restapi': '',
      },
      multiValueHeaders: expect.objectContaining({ 'x-restapi': [''] }),
      requestContext: {
        ...context,
        authorizer,
        routeKey: '$disconnect',
        eventType: 'DISCONNECT',
        disconnectStatusCode: 4001,
        disconnectReason: 'bye',
      },
      isBase64Encoded: false,
    });
  });

  test('name the absent: no query, no context without an authorizer', async () => {
    await gateway.connect('/v1').opened;
    const connect = await gateway.printed('connect', 1);
    expect(connect).not.toHaveProperty('queryStringParameters');
    expect(await gateway.printed('authorizer', 1)).toMatchObject({ queryStringParameters: {} });
  });
});
