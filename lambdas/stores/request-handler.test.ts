import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { newDocumentClient } from './dynamo.ts';

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

afterEach(() => void vi.unstubAllEnvs());

test('a call that hangs ends, and is tried again, while a function could still answer its client', async () => {
  const { port } = silent.address() as AddressInfo; // A TCP server's address is one.
  // As Lambda sets them, but for the endpoint.
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const read = new GetCommand({ TableName: 'Users', Key: { userId: 'usr_a' } });
  const outcome = newDocumentClient().send(read, { abortSignal: AbortSignal.timeout(9_500) });
  await expect(outcome).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(requests).toBe(3);
});
