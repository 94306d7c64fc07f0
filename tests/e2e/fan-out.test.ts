import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import { type SeededUser, seedGroup, seedUsers } from '../../scripts/bench/seed-group.ts';
import type { Conversation } from '../../shared/protocol/entities.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';

/** A group of 250 over real sockets, most of them open before it becomes large. */
const size = 250;

let parley: Parley;
let creator: SeededUser;
let others: SeededUser[];
let spare: SeededUser[];
let id: string;
let sockets: ChatSocket[];

const connect = ({ token }: SeededUser) => parley.connect({ protocols: ['parley.v1', `bearer.${token}`] });
const api = ({ token }: SeededUser) => parley.api(token);
const inbox = async (user: SeededUser) =>
  (await api(user).get<{ items: Conversation[] }>('/conversations')).body.items;
const members = () => `/conversations/${id}/members`;

beforeAll(async () => {
  parley = await Parley.start();
  const [first, ...rest] = await seedUsers(parley.runtime, size + 2);
  if (first === undefined) throw new Error('No users');
  creator = first;
  others = rest.slice(0, size - 1);
  spare = rest.slice(size - 1);
  id = await seedGroup(parley.runtime, creator, others.slice(0, 120));
  sockets = [];
  for (const user of [creator, ...others.slice(0, 180)]) sockets.push(await connect(user));
  for (const [from, to] of [
    [120, 180],
    [180, size - 1],
  ]) {
    const userIds = others.slice(from, to).map((user) => user.userId);
    expect((await api(creator).post(members(), { userIds })).status).toBe(200);
  }
  for (const user of others.slice(180)) sockets.push(await connect(user));
}, 120_000);
afterAll(() => parley?.close());

function speaker(): ChatSocket {
  const [socket] = sockets;
  if (socket === undefined) throw new Error('No sockets');
  return socket;
}

test('a message reaches each of its connections, and the next ones follow in order', async () => {
  const ids: string[] = [];
  for (const content of ['one', 'two', 'three']) ids.push(await speaker().say(id, content));
  for (const socket of sockets) {
    for (const messageId of ids) await socket.message(messageId);
    const seqs = socket.messages(id).map((message) => message.seq);
    expect([...new Set(seqs)]).toEqual([1, 2, 3]);
  }
  const tallies = Object.entries(parley.runtime.invocations());
  const fanout = tallies.find(([name]) => name.startsWith('StreamFanout'));
  expect(fanout?.[1].invocations).toBeGreaterThan(0);
});

test('it stands in the inbox where its newest message puts it, with what is unread', async () => {
  const [reader = creator] = others;
  const dm = await api(reader).post<Conversation>('/conversations', {
    type: 'DM',
    memberIds: [creator.userId],
  });
  const both = [dm.body.conversationId, id];
  expect((await inbox(reader)).map((row) => row.conversationId)).toEqual(both);
  const messageId = await speaker().say(id, 'four');
  await sockets[1]?.message(messageId);
  const rows = await inbox(reader);
  expect(rows.map((row) => row.conversationId)).toEqual([...both].reverse());
  expect(rows[0]).toMatchObject({ lastSeq: 4, unreadCount: 4, lastMessagePreview: { text: 'four' } });
  expect((await inbox(creator)).find((row) => row.conversationId === id)?.unreadCount).toBe(0);
  const beat = await sockets[1]?.heartbeat();
  expect(beat?.latestActivityAt).toBe(rows[0]?.lastActivityAt);
});

test('one who joins is shown it before its next message; one who leaves hears no more', async () => {
  const [joiner = creator] = spare;
  const [leaver = creator] = others;
  const joining = await connect(joiner);
  expect((await api(creator).post(members(), { userIds: [joiner.userId] })).status).toBe(200);
  expect((await api(leaver).delete(`${members()}/${leaver.userId}`)).status).toBe(204);
  const messageId = await speaker().say(id, 'five');
  expect(await joining.message(messageId)).toMatchObject({ seq: 5 });
  expect(joining.received.map((frame) => frame.type)).toEqual(['conversation', 'message']);
  for (const socket of sockets.slice(2)) await socket.message(messageId);
  // Another conversation's message comes after whatever would still have come.
  const dm = await api(leaver).post<Conversation>('/conversations', {
    type: 'DM',
    memberIds: [creator.userId],
  });
  const left = sockets[1];
  await left?.message(await speaker().say(dm.body.conversationId, 'Bye'));
  expect(left?.messages(id).map((message) => message.seq)).not.toContain(5);
});

test('a connection that comes back receives again, and one that is gone is forgotten', async () => {
  const user = others[5] ?? creator;
  await sockets[6]?.close();
  const again = await connect(user);
  const messageId = await speaker().say(id, 'six');
  expect(await again.message(messageId)).toMatchObject({ seq: 6 });
});

test('a job that nobody can read becomes a dead letter, while others go on', async () => {
  const sqs = new SQSClient(emulatorClient(parley.runtime.endpoints.sqs, parley.runtime));
  const letter = { MessageGroupId: 'poison', MessageDeduplicationId: 'poison' };
  const QueueUrl = parley.runtime.physicalName('FanOutJobs');
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"version":2}', ...letter }));
  await sockets[2]?.message(await speaker().say(id, 'seven'));
  const dead = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: parley.runtime.physicalName('FanOutDeadLetters'),
      WaitTimeSeconds: 20,
    }),
  );
  expect(dead.Messages?.map(({ Body }) => Body)).toEqual(['{"version":2}']);
  sqs.destroy();
});
