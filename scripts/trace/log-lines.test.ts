import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Deployment } from '../deployment/deployment.ts';
import { logLinesWith } from './log-lines.ts';
import { happeningsIn, senderIn, timelineText } from './timeline.ts';

/** As functions log them: lambdas/middleware/invocation-log.ts. */
const send = {
  level: 'INFO',
  message: 'invocation',
  timestamp: '2026-11-24T10:00:00.040Z',
  service: 'websocket-send',
  route: 'sendMessage',
  requestId: 'req=',
  connectionId: 'con=',
  userId: 'usr_alice',
  conversationId: 'cnv_1',
  messageId: 'msg-1',
  outcome: 'ok',
  durationMs: 40,
};
const deliver = {
  level: 'INFO',
  message: 'invocation',
  timestamp: '2026-11-24T10:00:00.200Z',
  service: 'stream-deliver',
  records: 2,
  stored: [
    { conversationId: 'cnv_1', messageId: 'msg-1', seq: 7 },
    { conversationId: 'cnv_1', messageId: 'msg-2', seq: 8 },
  ],
  pushed: [
    { connectionId: 'bob=', conversationId: 'cnv_1', messageId: 'msg-1' },
    { connectionId: 'bob=', conversationId: 'cnv_2', messageId: 'msg-3' },
  ],
  outcome: 'ok',
  durationMs: 50,
};

let server: Server;
const asked: { logGroupName: string; filterPattern: string; nextToken?: string }[] = [];
beforeEach(async () => {
  asked.length = 0;
  const pages: Record<string, object> = {
    '/send': { events: [{ message: 'START RequestId: 1' }], nextToken: 'more' },
    '/send/more': { events: [{ message: JSON.stringify(send) }] },
    '/deliver': { events: [{ message: JSON.stringify(deliver) }] },
  };
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const query = JSON.parse(text);
    asked.push(query);
    const page = pages[`${query.logGroupName}${query.nextToken ? `/${query.nextToken}` : ''}`];
    response.end(JSON.stringify(page ?? { events: [] }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  // It listens on TCP.
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.close();
});

test('lines about a message are found in all functions, page by page, and tell what became of it', async () => {
  const logGroup = (logicalId: string, physicalId: string) => ({
    logicalId,
    type: 'AWS::Logs::LogGroup',
    physicalId,
  });
  const deployment = new Deployment({
    description: 'stage dev in eu-west-1',
    region: 'eu-west-1',
    resources: [
      logGroup('WebsocketSendLogAABBCCDD', '/send'),
      logGroup('StreamDeliverLogAABBCCDD', '/deliver'),
      logGroup('HttpAccessLogAABBCCDD', '/access'),
    ],
    settings: () => ({ region: 'eu-west-1' }),
  });
  const lines = await logLinesWith(deployment, 'msg-1', new Date(0));
  expect(asked.map(({ logGroupName }) => logGroupName).sort()).toEqual(['/deliver', '/send', '/send']);
  expect(asked[0]).toMatchObject({ filterPattern: '"msg-1"', startTime: 0 });
  expect(senderIn(lines, 'msg-1')).toBe('usr_alice');
  expect(timelineText(happeningsIn(lines, 'msg-1'))).toEqual([
    '2026-11-24T10:00:00.000Z       0 ms      +0  sendMessage received by websocket-send from usr_alice on connection con=',
    '2026-11-24T10:00:00.040Z      40 ms     +40  accepted: durable in the stream (request req=)',
    '2026-11-24T10:00:00.150Z     150 ms    +110  stream-deliver began with 2 in its batch',
    '2026-11-24T10:00:00.200Z     200 ms     +50  stream-deliver stored it, as 7 of cnv_1, by the end of its invocation',
    '2026-11-24T10:00:00.200Z     200 ms      +0  stream-deliver pushed it to 1 connections: bob=, by the end of its invocation',
  ]);
});

test('the log of the embedded runtime is read by its lines, up to the given age', async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'parley-trace-'));
  const lines = [
    `WebsocketSendAABBCCDD ${JSON.stringify(send)}`,
    'StreamDeliverAABBCCDD not structured, about msg-1',
    `StreamDeliverAABBCCDD ${JSON.stringify({ ...deliver, stored: [], pushed: [] })}`,
  ];
  writeFileSync(join(dataDirectory, 'functions.log'), `${lines.join('\n')}\n`);
  const deployment = new Deployment({
    description: 'here',
    region: 'us-east-1',
    resources: [],
    settings: () => ({ region: 'us-east-1' }),
    dataDirectory,
  });
  expect(await logLinesWith(deployment, 'msg-1', new Date(0))).toEqual([send]);
  expect(await logLinesWith(deployment, 'msg-1', new Date('2026-11-24T11:00:00Z'))).toEqual([]);
  rmSync(dataDirectory, { recursive: true });
});
