import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  LimitExceededException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway, type TestSocket } from './test-gateway.ts';
import { functions, wholeApi } from './test-websocket-functions.ts';

const endpointVariable = 'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI';
let gateway: TestGateway;
let client: ApiGatewayManagementApiClient;

beforeAll(async () => {
  gateway = await startTestGateway({
    functions: {
      ...functions,
      connect: `export const handler = async (event) => {
        console.log(JSON.stringify(event));
        if (event.queryStringParameters?.wish === 'slow') await new Promise((resolve) => setTimeout(resolve, 300));
        return { statusCode: 200 }; };`,
    },
    webSocketApis: [wholeApi],
  });
  // Nothing but the variable tells the client where the API is, as in a function's environment on AWS.
  process.env[endpointVariable] = gateway.origin + gateway.gateway.connectionsEndpointPath;
  client = new ApiGatewayManagementApiClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});

afterAll(async () => {
  delete process.env[endpointVariable];
  client.destroy();
  await gateway.close();
});

async function connected(): Promise<{ socket: TestSocket; id: string }> {
  const socket = gateway.connect('/v1', [], { headers: { 'user-agent': 'probe/1' } });
  await socket.opened;
  return { socket, id: await socket.connectionId() };
}

describe('the @connections API, by the SDK', () => {
  test('posts text to a connection', async () => {
    const { socket, id } = await connected();
    await client.send(new PostToConnectionCommand({ ConnectionId: id, Data: '{"hello":"wörld"}' }));
    expect(await socket.next()).toEqual({ hello: 'wörld' });
  });

  test('posts bytes as text', async () => {
    const { socket, id } = await connected();
    await client.send(
      new PostToConnectionCommand({ ConnectionId: id, Data: Buffer.from('{"hello":"wörld"}') }),
    );
    expect(await socket.next()).toEqual({ hello: 'wörld' });
  });

  test('keeps the order of posts that wait for each other', async () => {
    const { socket, id } = await connected();
    for (const n of [1, 2, 3])
      await client.send(new PostToConnectionCommand({ ConnectionId: id, Data: String(n) }));
    expect([await socket.next(), await socket.next(), await socket.next()]).toEqual([1, 2, 3]);
  });

  test('tells when a connection was made and last used, and by whom', async () => {
    const before = Date.now();
    const { id } = await connected();
    const answer = await client.send(new GetConnectionCommand({ ConnectionId: id }));
    expect(answer.ConnectedAt?.getTime()).toBeGreaterThanOrEqual(before);
    expect(answer.LastActiveAt?.getTime()).toBeGreaterThanOrEqual(answer.ConnectedAt?.getTime() ?? Infinity);
    expect(answer.Identity).toEqual({ SourceIp: '127.0.0.1', UserAgent: 'probe/1' });
  });

  test('closes a connection with 1000, and runs $disconnect', async () => {
    const { socket, id } = await connected();
    await client.send(new DeleteConnectionCommand({ ConnectionId: id }));
    expect((await socket.closed).code).toBe(1000);
    expect(await gateway.printedWith('disconnect', { requestContext: { connectionId: id } })).toMatchObject({
      requestContext: {
        disconnectStatusCode: 1000,
        disconnectReason: 'Connection Closed Normally',
      },
    });
  });

  test('has GoneException for a connection that is closed, deleted or was never there', async () => {
    const { socket, id } = await connected();
    await client.send(new DeleteConnectionCommand({ ConnectionId: id }));
    for (const command of [
      new PostToConnectionCommand({ ConnectionId: id, Data: 'x' }),
      new GetConnectionCommand({ ConnectionId: id }),
      new DeleteConnectionCommand({ ConnectionId: id }),
      new PostToConnectionCommand({ ConnectionId: 'never-there=', Data: 'x' }),
    ]) {
      // The client's overloads take one command type at a time; each of these is one it takes.
      const error = await client.send(command as PostToConnectionCommand).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(GoneException);
      expect(error).toMatchObject({ name: 'GoneException', $metadata: { httpStatusCode: 410 } });
    }
    await socket.closed;
  });

  test('has GoneException while $connect has not finished', async () => {
    const socket = gateway.connect('/v1?wish=slow');
    const event = await gateway.printedWith('connect', { queryStringParameters: { wish: 'slow' } });
    // The fixture prints API Gateway's own event.
    const { connectionId } = (event as { requestContext: { connectionId: string } }).requestContext;
    const command = new PostToConnectionCommand({ ConnectionId: connectionId, Data: '{}' });
    await expect(client.send(command)).rejects.toBeInstanceOf(GoneException);
    await socket.opened;
    await client.send(command);
    expect(await socket.next()).toEqual({});
  });

  test('takes 128 KB and has PayloadTooLargeException for more', async () => {
    const { socket, id } = await connected();
    const data = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
    await client.send(new PostToConnectionCommand({ ConnectionId: id, Data: data(128 * 1024) }));
    expect(await socket.next()).toHaveLength(128 * 1024 - 2);
    const tooMuch = new PostToConnectionCommand({ ConnectionId: id, Data: data(128 * 1024 + 1) });
    const error = await client.send(tooMuch).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PayloadTooLargeException);
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 413 } });
  });

  test('has LimitExceededException when a client reads nothing of what it is sent', async () => {
    const { socket, id } = await connected();
    socket.socket.pause();
    const post = new PostToConnectionCommand({ ConnectionId: id, Data: 'x'.repeat(128 * 1024) });
    const flood = async () => {
      // More than the buffers of both kernels hold.
      for (let count = 0; count < 500; count += 1) await client.send(post);
    };
    await expect(flood()).rejects.toBeInstanceOf(LimitExceededException);
    socket.socket.terminate();
  });

  test('refuses what is not signed, such as a page in a browser', async () => {
    const { id } = await connected();
    const url = `${process.env[endpointVariable]}/@connections/${encodeURIComponent(id)}`;
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
  });

  test('works within a function that knows the variable only', async () => {
    const { socket, id } = await connected();
    const sdk = JSON.stringify(import.meta.resolve('@aws-sdk/client-apigatewaymanagementapi'));
    const poster = await startTestGateway({
      functions: {
        poster: `import { ApiGatewayManagementApiClient, PostToConnectionCommand } from ${sdk};
          const client = new ApiGatewayManagementApiClient({});
          export const handler = (event) => client.send(new PostToConnectionCommand(event));`,
      },
      environment: { [endpointVariable]: process.env[endpointVariable] ?? '' },
    });
    const outcome = await poster.pool.invoke('poster', { ConnectionId: id, Data: '"from a function"' });
    expect(outcome).toHaveProperty('payload.$metadata.httpStatusCode', 200);
    expect(await socket.next()).toBe('from a function');
    await poster.close();
  });
});
