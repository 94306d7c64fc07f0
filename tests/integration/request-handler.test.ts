import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newRequestHandler } from '../../lambdas/stores/request-handler.ts';

/** Takes requests and never answers. */
const silent = createServer(() => undefined);
let requests = 0;
silent.on('request', () => {
  requests += 1;
});
beforeAll(async () => {
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterAll(() => {
  silent.closeAllConnections();
  silent.close();
});

test('a call that hangs ends, and is tried again, while a function could still answer its client', async () => {
  const { port } = silent.address() as AddressInfo; // A TCP server's address is one.
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 3,
    requestHandler: newRequestHandler(),
  });
  const outcome = client.send(new ListTablesCommand({}), { abortSignal: AbortSignal.timeout(9_500) });
  await expect(outcome).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(requests).toBe(3);
});
