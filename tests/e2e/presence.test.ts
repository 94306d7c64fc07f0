import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ChatSocket } from '../support/chat-socket.ts';
import { deadlineMs } from '../support/deadline.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

let parley: Parley;
let runs = 0;
/** Alice has a DM with Bob, and a group with Bob and Carol. */
let alice: Person;
let bob: Person;
let carol: Person;
let stranger: Person;
let hers: ChatSocket;

beforeAll(async () => {
  parley = await Parley.start();
});
// Everybody is somebody else in each test: who was seen before is not forgotten.
beforeEach(async () => {
  runs += 1;
  const register = (name: string) => parley.register(`${name}-${runs}`);
  [alice, bob] = [await register('alice'), await register('bob')];
  [carol, stranger] = [await register('carol'), await register('stranger')];
  await bob.dm(alice);
  await alice.group('Lunch', bob, carol);
  hers = await alice.connect();
});
afterAll(() => parley?.close());

const ask = async (socket: ChatSocket, ...people: { id: string }[]) =>
  (await socket.request({ action: 'presence', userIds: people.map(({ id }) => id) }, 'presence')).users;

/** The events of presence that came, which are those frames that are no reply. */
const toldOf = (socket: ChatSocket) =>
  socket.received.flatMap((frame) =>
    frame.type === 'presence' && !('requestId' in frame) ? frame.users : [],
  );
const statusesOf = (socket: ChatSocket) => toldOf(socket).map(({ status }) => status);

const nextEvent = async (socket: ChatSocket, status: 'online' | 'offline') => {
  const { users } = await socket.next(
    'presence',
    (frame) => !('requestId' in frame) && frame.users.every((user) => user.status === status),
  );
  return users;
};

const disconnects = () =>
  parley.invocations.filter(({ functionName }) => functionName.startsWith('WebsocketDisconnect')).length;

/** Closes them, and waits until Parley has done all that it does then. */
async function closed(...sockets: ChatSocket[]): Promise<void> {
  const before = disconnects();
  await Promise.all(sockets.map((socket) => socket.close()));
  await vi.waitFor(() => expect(disconnects()).toBeGreaterThanOrEqual(before + sockets.length), {
    timeout: deadlineMs,
    interval: 10,
  });
}

const since = (from: number, time: string | null) =>
  expect(Date.parse(time ?? '')).toSatisfy((at: number) => at >= from && at <= Date.now());

describe('asking', () => {
  test('tells of those one shares a conversation with and of oneself, in the order asked for, each once', async () => {
    await Promise.all([bob.connect(), stranger.connect()]);
    const users = await ask(hers, carol, stranger, bob, { id: 'usr_nobody' }, alice, bob);
    expect(users).toEqual([
      { userId: carol.id, status: 'offline', lastSeenAt: null },
      { userId: bob.id, status: 'online', lastSeenAt: expect.any(String) },
      { userId: alice.id, status: 'online', lastSeenAt: expect.any(String) },
    ]);
  });

  test('tells a stranger of nobody, and so one who has left', async () => {
    const [his, theirs] = [await carol.connect(), await stranger.connect()];
    expect(await ask(theirs, alice, bob)).toEqual([]);
    const [{ userId } = { userId: '' }] = await ask(his, bob);
    expect(userId).toBe(bob.id);
    const { body } = await carol.api.get<{ items: { conversationId: string }[] }>('/conversations');
    const [lunch] = body.items;
    await carol.api.delete(`/conversations/${lunch?.conversationId}/members/${carol.id}`);
    expect(await ask(his, bob)).toEqual([]);
  });

  test('tells when one who has left was last seen', async () => {
    const his = await carol.connect();
    const before = Date.now();
    await closed(his);
    const [seen] = await ask(hers, carol);
    expect(seen).toMatchObject({ userId: carol.id, status: 'offline' });
    since(before, seen?.lastSeenAt ?? null);
  });

  test.each([
    {},
    { userIds: [] },
    { userIds: 'usr_a' },
    { userIds: [7] },
    { userIds: ['not an id'] },
    { userIds: Array.from({ length: 101 }, (_, index) => `usr_${index}`) },
    { userIds: ['usr_a'], status: 'online' },
  ])('a frame with %j is refused', async (fields) => {
    await expect(hers.request({ action: 'presence', ...fields })).rejects.toThrow('BAD_REQUEST');
  });

  test('takes at most ten AWS calls for a hundred', async () => {
    const others = Array.from({ length: 99 }, (_, index) => ({ id: `usr_${index}` }));
    await ask(hers, ...others, bob);
    const asked = () =>
      parley.invocations.findLast(({ functionName }) => functionName.startsWith('WebsocketSignal'));
    const calls = Object.values(asked()?.awsCalls ?? {});
    expect(calls.reduce((sum, count) => sum + count, 0)).toSatisfy((sum: number) => sum > 0 && sum <= 10);
  });

  test('looks into the conversation that is named, of which the caller is a member', async () => {
    const group = await carol.group('Walking', alice);
    const frame = { action: 'presence', userIds: [carol.id, stranger.id], conversationIds: [group] };
    const { users } = await hers.request(frame, 'presence');
    expect(users.map(({ userId }) => userId)).toEqual([carol.id]);
    const foreign = await stranger.group('Private');
    const asked = await hers.request({ ...frame, conversationIds: [foreign, foreign] }, 'presence');
    expect(asked.users.map(({ userId }) => userId)).toEqual([carol.id]);
    for (const conversationIds of [[], [group, group, group], ['not an id'], group]) {
      await expect(hers.request({ ...frame, conversationIds })).rejects.toThrow('BAD_REQUEST');
    }
  });

  test('takes up to 100, and who asks too often is told to wait', async () => {
    const others = Array.from({ length: 99 }, (_, index) => ({ id: `usr_${index}` }));
    expect(await ask(hers, ...others, bob)).toHaveLength(1);
    for (let times = 0; times < 100; times += 1) hers.send({ action: 'presence', userIds: [bob.id] });
    expect(await hers.next('error')).toMatchObject({ code: 'RATE_LIMITED', action: 'presence' });
  });
});

describe('who shares a DM with somebody', () => {
  test('is told on every device when the other comes and goes; members of a group, strangers and oneself are not', async () => {
    const herTablet = await alice.connect();
    const bystanders = [await carol.connect(), await stranger.connect()];
    const before = Date.now();
    const his = await bob.connect();
    for (const device of [hers, herTablet]) {
      const [came] = await nextEvent(device, 'online');
      expect(came).toEqual({ userId: bob.id, status: 'online', lastSeenAt: expect.any(String) });
    }
    await closed(his);
    for (const device of [hers, herTablet]) {
      const [gone] = await nextEvent(device, 'offline');
      expect(gone).toEqual({ userId: bob.id, status: 'offline', lastSeenAt: expect.any(String) });
      since(before, gone?.lastSeenAt ?? null);
      expect(statusesOf(device)).toEqual(['online', 'offline']);
    }
    expect([...bystanders, his].flatMap(toldOf)).toEqual([]);
  });

  test('is told once of several devices: when the first comes, and when the last goes', async () => {
    const phone = await bob.connect();
    const laptop = await bob.connect();
    await closed(phone);
    const phoneAgain = await bob.connect();
    await closed(laptop);
    // Whatever is sent at a connect or a disconnect has been sent by now.
    await hers.heartbeat();
    expect(statusesOf(hers)).toEqual(['online']);
    await closed(phoneAgain);
    await nextEvent(hers, 'offline');
    await bob.connect();
    await nextEvent(hers, 'online');
    expect(statusesOf(hers)).toEqual(['online', 'offline', 'online']);
  });

  test('who is offline does not hear of it later, and asks', async () => {
    await closed(hers);
    await bob.connect();
    hers = await alice.connect();
    expect(await ask(hers, bob)).toMatchObject([{ status: 'online' }]);
    expect(toldOf(hers)).toEqual([]);
  });
});

describe('goes offline, with all devices,', () => {
  beforeEach(async () => {
    await Promise.all([bob.connect(), bob.connect()]);
    await nextEvent(hers, 'online');
  });

  const ends: Record<string, () => Promise<unknown>> = {
    'who logs out': () => bob.api.post('/logout'),
    'who is blocked': () => {
      const script = join(import.meta.dirname, '../../scripts/block.ts');
      const env = { ...process.env, PARLEY_DATA: parley.runtime.dataDirectory };
      return promisify(execFile)(process.execPath, [script, '--user', bob.user.username], { env });
    },
  };
  test.each(Object.entries(ends))('%s', async (_, end) => {
    await end();
    await nextEvent(hers, 'offline');
    expect(await ask(hers, bob)).toMatchObject([{ userId: bob.id, status: 'offline' }]);
  });
});

test('who connects and goes again and again is shown as they are in the end', async () => {
  const before = disconnects();
  for (let times = 0; times < 5; times += 1) {
    const devices = await Promise.all([bob.connect(), bob.connect()]);
    await Promise.all(devices.map((device) => device.close()));
  }
  const last = await bob.connect();
  await vi.waitFor(() => expect(disconnects()).toBeGreaterThanOrEqual(before + 10), {
    timeout: deadlineMs,
    interval: 10,
  });
  const endsAs = (status: string) =>
    vi.waitFor(() => expect(statusesOf(hers).at(-1)).toBe(status), { timeout: deadlineMs, interval: 10 });
  await endsAs('online');
  await closed(last);
  await endsAs('offline');
});
