import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Profile } from '../../shared/protocol/entities.ts';
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

test('no log line tells a password or a token', () => {
  expect(parley.leaks()).toEqual([]);
});
