import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import { seedGroup, seedUsers } from '../../scripts/bench/seed-group.ts';
import { type ChatSocket, HandshakeRefused } from '../support/chat-socket.ts';
import { within } from '../support/deadline.ts';
import { Parley } from '../support/parley.ts';
import type { Person, SignedIn } from '../support/person.ts';

let parley: Parley;
let bob: Person;
let mallory: Person;
let bobSocket: ChatSocket;
let dm: string;
let largeGroup: string;

beforeAll(async () => {
  parley = await Parley.start();
  bob = await parley.register('bob');
  mallory = await parley.register('mallory');
  dm = await bob.dm(mallory);
  const crowd = await seedUsers(parley.runtime, 205);
  largeGroup = await seedGroup(parley.runtime, { userId: bob.id, token: bob.token }, [
    { userId: mallory.id, token: mallory.token },
    ...crowd,
  ]);
  bobSocket = await bob.connect();
  await bobSocket.message(await bobSocket.say(dm, 'The first'));
}, 60_000);
afterAll(() => parley?.close());

/** Mallory on another device, which is to lose its session. */
async function thief(): Promise<string> {
  const { username } = mallory.user;
  const login = { username, password: mallory.password };
  return (await parley.api().post<SignedIn>('/login', login)).body.token;
}

const connect = (token: string) => parley.connect({ protocols: ['parley.v1', `bearer.${token}`] });

/** What is said now in both conversations reaches Bob, who was there all the time, and not the socket. */
async function expectDeaf(socket: ChatSocket): Promise<void> {
  const before = socket.messages().length;
  for (const conversationId of [dm, largeGroup]) {
    const messageId = await bobSocket.say(conversationId, 'After the end');
    await bobSocket.message(messageId);
  }
  // Asked for after both: had they been pushed, they would have come before the answer.
  if (socket.isOpen) await refusal(socket, { action: 'markRead', conversationId: dm, seq: 1 });
  expect(socket.messages()).toHaveLength(before);
}

async function refusal(socket: ChatSocket, frame: object): Promise<void> {
  const requestId = `refused-${Math.random()}`;
  socket.send({ ...frame, requestId });
  const answer = await Promise.race([socket.replyTo(requestId), socket.closed]);
  if ('type' in answer) expect(answer).toMatchObject({ type: 'error', code: 'UNAUTHENTICATED' });
}

/** As by a write that never arrived: nobody finds the user's connections any more. */
async function loseRegistrations(userId: string): Promise<void> {
  const { runtime } = parley;
  const dynamodb = new DynamoDBClient(emulatorClient(runtime.endpoints.dynamodb, runtime));
  await DynamoDBDocumentClient.from(dynamodb).send(
    new DeleteCommand({ TableName: runtime.tableNames['Presence'], Key: { userId, region: runtime.region } }),
  );
  dynamodb.destroy();
}

const frames: [string, () => object][] = [
  ['sendMessage', () => ({ conversationId: dm, messageId: 'm-ended', content: 'Still here' })],
  ['editMessage', () => ({ conversationId: dm, seq: 1, content: 'Still here' })],
  ['deleteMessage', () => ({ conversationId: dm, seq: 1 })],
  ['react', () => ({ conversationId: dm, seq: 1, emoji: '👍', op: 'add' })],
  ['markRead', () => ({ conversationId: dm, seq: 1 })],
  ['typing', () => ({ conversationId: dm, state: 'started' })],
  ['presence', () => ({ userIds: [bob.id] })],
  ['heartbeat', () => ({})],
  ['sync', () => ({ conversations: [{ conversationId: dm, afterSeq: 0 }] })],
];

test.each(frames)('%s on a socket that nobody knew of is refused, and closes it', async (action, fields) => {
  const token = await thief();
  const socket = await connect(token);
  await loseRegistrations(mallory.id);
  expect((await parley.api(token).delete('/users/me/sessions/current')).status).toBe(204);
  await refusal(socket, { action, ...fields() });
  await within(socket.closed, () => 'the close of a socket that showed itself');
});

test('a socket that nobody knew of, and that keeps still, receives nothing', async () => {
  const token = await thief();
  const socket = await connect(token);
  await loseRegistrations(mallory.id);
  expect((await parley.api(token).delete('/users/me/sessions/current')).status).toBe(204);
  await expectDeaf(socket);
});

test('a socket that opens while its session ends is refused or deaf, and the other session goes on', async () => {
  const other = await mallory.connect();
  for (const delayMs of [0, 4, 8, 11, 14, 18]) {
    const token = await thief();
    const opening = connect(token).catch((error: unknown) => {
      expect(error).toBeInstanceOf(HandshakeRefused);
      expect(error).toMatchObject({ status: 401 });
      return undefined;
    });
    // Not to wait for anything: so that the end comes at some point of the handshake.
    await setTimeout(delayMs);
    expect((await parley.api(token).delete('/users/me/sessions/current')).status).toBe(204);
    const socket = await opening;
    if (socket === undefined) continue;
    await expectDeaf(socket);
  }
  await other.heartbeat();
  await other.message(await bobSocket.say(largeGroup, 'The other one hears this'));
});
