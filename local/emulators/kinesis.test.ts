import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emulatorClient } from './aws-client.ts';
import type { Emulator } from './emulator.ts';
import { access } from './fixtures/access.ts';
import { startKinesis } from './kinesis.ts';

let folder: string;
const clients: KinesisClient[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-kinesis-'));
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  rmSync(folder, { recursive: true });
});

function clientOf(emulator: Pick<Emulator, 'endpoint'>): KinesisClient {
  const client = new KinesisClient(emulatorClient(emulator.endpoint, access));
  clients.push(client);
  return client;
}

const record = (text: string) =>
  new PutRecordCommand({ StreamName: 's', PartitionKey: text, Data: Buffer.from(text) });

async function createStream(client: KinesisClient): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName: 's', ShardCount: 1 }));
  const describe = new DescribeStreamSummaryCommand({ StreamName: 's' });
  while ((await client.send(describe)).StreamDescriptionSummary?.StreamStatus !== 'ACTIVE');
}

async function readAll(client: KinesisClient): Promise<string[]> {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: 's',
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  const { Records } = await client.send(new GetRecordsCommand({ ShardIterator }));
  return (Records ?? []).map(({ Data }) => Buffer.from(Data ?? []).toString());
}

test('records survive a restart', async () => {
  const first = await startKinesis({ dataDirectory: folder, ...access });
  const client = clientOf(first);
  await createStream(client);
  await client.send(record('kept'));
  await first.close();

  const second = await startKinesis({ dataDirectory: folder, ...access });
  expect(await readAll(clientOf(second))).toEqual(['kept']);
  await second.close();
});

test('every acknowledged record survives SIGKILL', async () => {
  const script = `
    import { startKinesis } from ${JSON.stringify(join(import.meta.dirname, 'kinesis.ts'))};
    console.log((await startKinesis(${JSON.stringify({ dataDirectory: folder, ...access })})).endpoint);
  `;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [endpoint] = await once(createInterface(child.stdout), 'line');
  const client = clientOf({ endpoint: String(endpoint) });
  await createStream(client);

  const acknowledged: string[] = [];
  const sending = (async () => {
    for (let index = 0; ; index++) {
      await client.send(record(`m${index}`));
      acknowledged.push(`m${index}`);
      if (acknowledged.length === 100) child.kill('SIGKILL');
    }
  })();
  await expect(sending).rejects.toThrow();

  const again = await startKinesis({ dataDirectory: folder, ...access });
  const stored = await readAll(clientOf(again));
  expect(stored.slice(0, acknowledged.length)).toEqual(acknowledged);
  await again.close();
});

test('a caller that hangs up in the middle of a request does no harm', async () => {
  const emulator = await startKinesis({ dataDirectory: folder, ...access });
  const socket = connect(Number(new URL(emulator.endpoint).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    'POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Kinesis_20131202.PutRecord\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 1000\r\n\r\n{"Str',
  );
  // The emulator has read the head when it answers a later request on another connection.
  const client = clientOf(emulator);
  await createStream(client);
  socket.resetAndDestroy();
  await once(socket, 'close');
  await client.send(record('after'));
  expect(await readAll(client)).toEqual(['after']);
  await emulator.close();
});

test('closing answers the requests that are under way and survives those that come later', async () => {
  const emulator = await startKinesis({ dataDirectory: folder, ...access });
  const client = clientOf(emulator);
  await createStream(client);
  const calls = Array.from({ length: 40 }, (_, index) =>
    index % 2 === 0 ? client.send(record(`m${index}`)) : readAll(client),
  );
  const settled = Promise.allSettled(calls);
  await calls[0];
  await emulator.close();
  const outcomes = await settled;
  const answered = outcomes.filter(({ status }, index) => index % 2 === 0 && status === 'fulfilled').length;

  const again = await startKinesis({ dataDirectory: folder, ...access });
  expect((await readAll(clientOf(again))).length).toBeGreaterThanOrEqual(answered);
  await again.close();
});
