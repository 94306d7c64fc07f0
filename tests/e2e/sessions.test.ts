import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Profile, SessionInfo } from '../../shared/protocol/entities.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { within } from '../support/deadline.ts';
import { Parley } from '../support/parley.ts';
import type { Person, Session, SignedIn } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

const refusal = { status: expect.toBeOneOf([401, 403]) };

let parley: Parley;
let users = 0;
let alice: Person;

beforeAll(async () => {
  parley = await Parley.start();
});
// Sessions that end are over for good: each test has a person of its own.
beforeEach(async () => {
  users += 1;
  alice = await parley.register(`alice-${users}`);
});
afterAll(() => parley?.close());

const connect = (token: string) => parley.connect({ protocols: ['parley.v1', `bearer.${token}`] });

async function expectRefused(token: string): Promise<void> {
  expectProblem(await parley.api(token).get('/users/me'), 'UNAUTHENTICATED');
  await expect(connect(token)).rejects.toMatchObject(refusal);
}

async function expectAccepted(token: string): Promise<void> {
  expect((await parley.api(token).get('/users/me')).body).toEqual(alice.user);
  const socket = await connect(token);
  await socket.heartbeat();
  await socket.close();
}

describe('the profile', () => {
  test('can be read and its displayName changed', async () => {
    const changed = await alice.api.patch<Profile>('/users/me', { displayName: 'Alice Liddell 🐇' });
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({ ...alice.user, displayName: 'Alice Liddell 🐇' });
    expect((await alice.api.get('/users/me')).body).toEqual(changed.body);
    expect((await alice.api.patch('/users/me', {})).body).toEqual(changed.body);
  });

  test.each([
    ['an empty displayName', { displayName: '' }],
    ['a long one', { displayName: 'x'.repeat(65) }],
    ['null', { displayName: null }],
    ['another username', { username: 'mallory' }],
    ['another userId', { userId: 'usr_mallory' }],
    ['another createdAt', { createdAt: '2000-01-01T00:00:00.000Z' }],
  ])('refuses %s', async (_, body) => {
    expectProblem(await alice.api.patch('/users/me', body), 'BAD_REQUEST');
    expect((await alice.api.get('/users/me')).body).toEqual(alice.user);
  });

  test('a displayName has up to 64 characters, however many UTF-16 units they take', async () => {
    expect((await alice.api.patch('/users/me', { displayName: '🐇'.repeat(64) })).status).toBe(200);
    expectProblem(await alice.api.patch('/users/me', { displayName: '🐇'.repeat(65) }), 'BAD_REQUEST');
  });
});

test('a fresh token for a good one; both work', async () => {
  const { status, body } = await alice.api.post<Session>('/token');
  expect(status).toBe(200);
  expect(body).toEqual({ token: expect.any(String), expiresAt: expect.any(String) });
  expect(Date.parse(body.expiresAt)).toBeGreaterThan(Date.now());
  await expectAccepted(body.token);
  await expectAccepted(alice.token);
});

test('the twenty-first device takes the place of the one that was heard of longest ago', async () => {
  const devices: ChatSocket[] = [];
  for (let index = 0; index < 20; index += 1) devices.push(await connect(alice.token));
  const [first, second] = devices;
  await first?.heartbeat();
  const latest = await connect(alice.token);
  await within(
    second?.closed ?? Promise.reject(new Error('no device')),
    () => 'the close of the second device',
  );
  expect([...devices, latest].filter((device) => device.isOpen)).toHaveLength(20);
  for (const device of [first, latest]) await device?.heartbeat();
});

test('logging out ends all sessions and closes their sockets; one can log in again', async () => {
  const { username } = alice.user;
  const other = await parley.api().post<SignedIn>('/login', { username, password: alice.password });
  const sockets = [await connect(alice.token), await connect(other.body.token)];

  const answer = await alice.api.post('/logout');
  expect(answer.status).toBe(204);
  expect(answer.body).toBeUndefined();
  for (const socket of sockets) await within(socket.closed, () => 'the close of a logged-out socket');
  await expectRefused(alice.token);
  await expectRefused(other.body.token);

  const again = await parley.api().post<SignedIn>('/login', { username, password: alice.password });
  expect(again.status).toBe(200);
  await expectAccepted(again.body.token);
});

describe('changing the password', () => {
  const change = (currentPassword: string, newPassword: string) =>
    alice.api.put<Session>('/users/me/password', { currentPassword, newPassword });

  test('refuses every older token at once, closes their sockets, and answers one that works', async () => {
    const renewed = await alice.api.post<Session>('/token');
    const sockets = [await connect(alice.token), await connect(renewed.body.token)];

    const { status, body } = await change(alice.password, 'a new password');
    expect(status).toBe(200);
    expect(body).toEqual({ token: expect.any(String), expiresAt: expect.any(String) });
    await expectRefused(alice.token);
    await expectRefused(renewed.body.token);
    for (const socket of sockets) await within(socket.closed, () => 'the close of an older session');
    await expectAccepted(body.token);

    const { username } = alice.user;
    const login = (password: string) => parley.api().post<SignedIn>('/login', { username, password });
    expectProblem(await login(alice.password), 'UNAUTHENTICATED');
    const signedIn = await login('a new password');
    expect(signedIn.status).toBe(200);
    await expectAccepted(signedIn.body.token);
  });

  test('needs the current one, and changes nothing without it', async () => {
    expectProblem(await change('not the password', 'a new password'), 'UNAUTHENTICATED');
    await expectAccepted(alice.token);
  });

  test('refuses a new one that is common, or the username', async () => {
    for (const weak of ['12345678', `${alice.user.username}123`]) {
      expectProblem(await change(alice.password, weak), 'BAD_REQUEST');
    }
    await expectAccepted(alice.token);
  });

  test('refuses a new one out of bounds', async () => {
    expectProblem(await change(alice.password, 'short'), 'BAD_REQUEST');
    expectProblem(await change(alice.password, 'x'.repeat(129)), 'BAD_REQUEST');
    expectProblem(
      await alice.api.put('/users/me/password', { newPassword: 'a new password' }),
      'BAD_REQUEST',
    );
    await expectAccepted(alice.token);
  });
});

describe('the list of sessions', () => {
  const signIn = async (deviceName?: string) => {
    const { username } = alice.user;
    const body = { username, password: alice.password, ...(deviceName !== undefined && { deviceName }) };
    const { body: session } = await parley.api().post<SignedIn>('/login', body);
    return { token: session.token, api: parley.api(session.token) };
  };
  type Device = Pick<Person, 'token' | 'api'>;
  const listOf = async ({ api }: Device) => {
    const { status, body } = await api.get<{ items: SessionInfo[] }>('/users/me/sessions');
    expect(status).toBe(200);
    return body.items;
  };
  const currentOf = async (device: Device) => {
    const current = (await listOf(device)).find((session) => session.current);
    if (current === undefined) throw new Error('No session is the one of the request');
    return current;
  };

  test('names the devices, when they signed in and were last used, and which one asks', async () => {
    const phone = await signIn('Phone 📱');
    const laptop = await signIn('Laptop');
    const items = await listOf(laptop);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
    const sessionId = expect.stringMatching(/^[\w-]{1,64}$/);
    const listed = { sessionId, createdAt: time, lastUsedAt: time };
    expect(items).toEqual([
      { ...listed, deviceName: 'Laptop', current: true },
      { ...listed, deviceName: 'Phone 📱', current: false },
      { ...listed, deviceName: null, current: false },
    ]);
    expect(new Set(items.map(({ sessionId: id }) => id)).size).toBe(3);

    // A renewed token is of the same session, and renewing it is a use.
    const { body } = await phone.api.post<Session>('/token');
    const [used] = await listOf(laptop);
    const before = items.find(({ deviceName }) => deviceName === 'Phone 📱');
    expect(used).toMatchObject({ deviceName: 'Phone 📱', sessionId: before?.sessionId });
    expect(used?.createdAt).toBe(before?.createdAt);
    expect(Date.parse(used?.lastUsedAt ?? '')).toBeGreaterThan(Date.parse(before?.lastUsedAt ?? ''));
    const renewed = { token: body.token, api: parley.api(body.token) };
    expect((await currentOf(renewed)).sessionId).toBe(before?.sessionId);

    // So is whatever is heard of a socket.
    const socket = await connect(alice.token);
    await socket.heartbeat();
    expect((await listOf(laptop))[0]).toMatchObject({ deviceName: null });
  });

  test('registering names a device too', async () => {
    const body = { username: `${alice.user.username}-too`, password: alice.password, deviceName: 'First' };
    const { body: signedIn } = await parley.api().post<SignedIn>('/users', body);
    const { token } = signedIn;
    expect(await listOf({ token, api: parley.api(token) })).toMatchObject([
      { deviceName: 'First', current: true },
    ]);
  });

  test.each([
    ['an empty one', ''],
    ['only spaces', '  '],
    ['two lines', 'a\nb'],
    ['a change of direction', 'a\u202eb'],
    ['65 characters', 'x'.repeat(65)],
    ['no text', 7],
  ])('a deviceName of %s is refused', async (_, deviceName) => {
    const { username } = alice.user;
    const login = { username, password: alice.password, deviceName };
    expectProblem(await parley.api().post('/login', login), 'BAD_REQUEST');
    expect(await listOf(alice)).toHaveLength(1);
  });

  test('one is ended from another device: its token and its sockets, and nobody else', async () => {
    const [thief, phone] = [await signIn('Thief'), await signIn('Phone')];
    const renewed = await thief.api.post<Session>('/token');
    const theirs = [await connect(thief.token), await connect(renewed.body.token)];
    const [hers, phones] = [await alice.connect(), await connect(phone.token)];
    const { sessionId } = await currentOf(thief);
    const answer = await alice.api.delete(`/users/me/sessions/${sessionId}`);
    expect([answer.status, answer.body]).toEqual([204, undefined]);
    for (const socket of theirs) await within(socket.closed, () => 'the close of an ended session');
    await expectRefused(thief.token);
    await expectRefused(renewed.body.token);
    expectProblem(await thief.api.post('/token'), 'UNAUTHENTICATED');

    for (const { token } of [alice, phone]) await expectAccepted(token);
    for (const socket of [hers, phones]) await socket.heartbeat();
    expect((await listOf(alice)).map(({ deviceName }) => deviceName)).not.toContain('Thief');
    // Once more is no error.
    expect((await alice.api.delete(`/users/me/sessions/${sessionId}`)).status).toBe(204);
  });

  test('`current` is the session of the request, and ending it signs that device out', async () => {
    const phone = await signIn('Phone');
    const phones = await connect(phone.token);
    const hers = await alice.connect();
    expect((await phone.api.delete('/users/me/sessions/current')).status).toBe(204);
    await within(phones.closed, () => 'the close of one that signed out');
    await expectRefused(phone.token);
    expectProblem(await phone.api.delete('/users/me/sessions/current'), 'UNAUTHENTICATED');
    await hers.heartbeat();
    expect(await listOf(alice)).toMatchObject([{ current: true }]);
  });

  test('nobody ends or learns of a session of somebody else', async () => {
    const mallory = await parley.register(`mallory-${users}`);
    const { sessionId } = await currentOf(alice);
    // The same answer as to an id that is nobody's.
    for (const id of [sessionId, 'ses_none']) {
      expect((await mallory.api.delete(`/users/me/sessions/${id}`)).status).toBe(204);
    }
    await expectAccepted(alice.token);
    expect(JSON.stringify(await listOf(mallory))).not.toContain(sessionId);
    expectProblem(await alice.api.delete('/users/me/sessions/not an id'), 'BAD_REQUEST');
    expectProblem(await parley.api().delete(`/users/me/sessions/${sessionId}`), 'UNAUTHENTICATED');
    expectProblem(await parley.api().get('/users/me/sessions'), 'UNAUTHENTICATED');
  });

  test('the thirty-first sign-in ends the session that was renewed longest ago', async () => {
    const devices: Device[] = [];
    for (let index = 1; index < limits.sessionsPerUser; index += 1) devices.push(await signIn(`${index}`));
    const [first, second] = devices;
    if (first === undefined || second === undefined) throw new Error('Nobody signed in');
    await alice.api.post('/token');
    const socket = await connect(first.token);
    const latest = await signIn('latest');
    await within(socket.closed, () => 'the close of the session that made room');
    await expectRefused(first.token);
    for (const { token } of [alice, second, latest]) await expectAccepted(token);
    expect(await listOf(latest)).toHaveLength(limits.sessionsPerUser);
  });

  test('a changed password leaves the one that changed it, with its name', async () => {
    const phone = await signIn('Phone');
    const change = { currentPassword: alice.password, newPassword: 'another good password' };
    const { body } = await phone.api.put<Session>('/users/me/password', change);
    expect(await listOf({ token: body.token, api: parley.api(body.token) })).toMatchObject([
      { deviceName: 'Phone', current: true },
    ]);
  });
});

test('no log line tells a password or a token', () => {
  expect(parley.leaks()).toEqual([]);
});
