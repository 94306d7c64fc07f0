import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { answered, answeredNothing, type Caller, refused } from '../caller.ts';
import type { Cast } from '../cast.ts';
import { HandshakeRefused } from '../device.ts';
import { must, Skipped, section, smoke } from '../requirement.ts';
import { Health, Profile, Session, Sessions, SignedIn, Users } from '../shapes.ts';

type Device = { token: string; api: Caller };

/** A session of the visitor's, whose sessions nobody else minds. */
async function signIn(cast: Cast, deviceName?: string): Promise<Device> {
  const { user, password } = await cast.person('visitor');
  if (password === undefined) throw new Skipped('needs a user with a password');
  const body = { username: user.username, password, deviceName };
  const { token } = await answered(cast.caller().post('/login', body), 200, SignedIn);
  return { token, api: cast.caller(token) };
}

async function sessionsOf({ api }: Device) {
  return (await answered(api.get('/users/me/sessions'), 200, Sessions)).items;
}

async function expectEnded(cast: Cast, { token, api }: Device): Promise<void> {
  await refused(api.get('/users/me'), 'UNAUTHENTICATED');
  const again = await cast.connectWith(token).catch((error: unknown) => error);
  ok(again instanceof HandshakeRefused, 'a handshake with an ended token fails');
}

export const accounts = section('§4 Accounts', [
  smoke('http.health', 'GET /health is open, and answers "ok" and the version', async (cast) => {
    await answered(cast.caller().get('/health'), 200, Health);
  }),
  smoke('http.register', 'POST /users makes an account and signs it in', async (cast) => {
    if (cast.isGiven) throw new Skipped('this run registers nobody');
    const { user, api } = await cast.person('alice');
    const { userId, username } = await answered(api.get('/users/me'), 200, Profile);
    deepEqual([userId, username], [user.userId, user.username]);
    ok(user.username.endsWith(cast.word));
  }),
  must('http.register.taken', 'A username that is taken is CONFLICT', async (cast) => {
    if (cast.isGiven) throw new Skipped('this run registers nobody');
    const { username } = (await cast.person('alice')).user;
    for (const name of [username, username.toUpperCase()]) {
      await refused(cast.caller().post('/users', { username: name, password: randomUUID() }), 'CONFLICT');
    }
  }),
  must('http.login', 'POST /login answers the user and a token that is good', async (cast) => {
    const { user, password } = await cast.person('alice');
    if (password === undefined) throw new Skipped('needs a user with a password');
    const body = { username: user.username, password };
    const session = await answered(cast.caller().post('/login', body), 200, SignedIn);
    equal(session.user.userId, user.userId);
    ok(Date.parse(session.expiresAt) > Date.now());
    await answered(cast.caller(session.token).get('/users/me'), 200, Profile);
  }),
  must('http.login.wrong', 'An unknown user and a wrong password have the same answer', async (cast) => {
    const { user, password } = await cast.person('alice');
    if (password === undefined) throw new Skipped('needs a user with a password');
    const wrong = randomUUID();
    const login = (username: string) => cast.caller().post('/login', { username, password: wrong });
    const [known, unknown] = [
      await refused(login(user.username), 'UNAUTHENTICATED'),
      await refused(login(`c-none-${cast.word}`), 'UNAUTHENTICATED'),
    ];
    const withoutId = (text: string) => text.replace(/"requestId":"[^"]*"/, '');
    equal(withoutId(known.text), withoutId(unknown.text));
  }),
  must('http.login.limit', 'After 10 failures in 15 minutes a username is RATE_LIMITED', async (cast) => {
    const body = JSON.stringify({ username: `c-fail-${cast.word}`, password: randomUUID() });
    const login = () => cast.caller().once('POST', '/login', body);
    const first = await login();
    if (first.status === 404 || first.status === 403) throw new Skipped('users are signed in elsewhere');
    for (let failures = 1; failures < 10; failures += 1) await refused(login(), 'UNAUTHENTICATED');
    const limited = await refused(login(), 'RATE_LIMITED');
    ok(Number(limited.headers.get('retry-after')) >= 1);
  }),
  must('http.token', 'POST /token answers a fresh token while the old one is good', async (cast) => {
    const { api, user, token, password } = await cast.person('alice');
    if (password === undefined) throw new Skipped('needs a user with a password');
    const session = await answered(api.post('/token'), 200, Session);
    ok(Date.parse(session.expiresAt) > Date.now());
    for (const good of [session.token, token]) {
      equal((await answered(cast.caller(good).get('/users/me'), 200, Profile)).userId, user.userId);
    }
  }),
  must('http.me', 'PATCH /users/me changes the displayName, and nothing else', async (cast) => {
    const { api, user } = await cast.person('bob');
    const changed = await answered(api.patch('/users/me', { displayName: 'Robert' }), 200, Profile);
    deepEqual(changed, { ...user, displayName: 'Robert' });
    deepEqual(await answered(api.get('/users/me'), 200, Profile), changed);
    await answered(api.patch('/users/me', { displayName: user.displayName }), 200, Profile);
  }),
  must('http.users.by-name', 'GET /users?username= finds by the exact name, or nobody', async (cast) => {
    const [{ api }, bob] = await cast.people('alice', 'bob');
    const found = await answered(api.get(`/users?username=${bob.user.username}`), 200, Users);
    deepEqual(
      found.users.map(({ userId }) => userId),
      [bob.id],
    );
    const { users } = await answered(api.get(`/users?username=c-none-${cast.word}`), 200, Users);
    deepEqual(users, []);
  }),
  must(
    'http.users.by-id',
    'GET /users?ids= answers people one shares a conversation with, and leaves out others',
    async (cast) => {
      const [{ api }, bob, dave] = await cast.people('alice', 'bob', 'dave');
      const shared = await cast.sharedGroup();
      for (const named of ['', `&conversationIds=${shared}`, `&conversationIds=none,${shared},${shared}`]) {
        const ids = `${dave.id},${bob.id},none`;
        const { users } = await answered(api.get(`/users?ids=${ids}${named}`), 200, Users);
        deepEqual(
          users.map(({ userId }) => userId),
          [bob.id],
        );
      }
      await refused(api.get(`/users?ids=${bob.id},${dave.id},none&conversationIds=a,b`), 'BAD_REQUEST');
      const tooMany = Array.from({ length: 101 }, (_, index) => `u${index}`);
      await refused(api.get(`/users?ids=${tooMany}`), 'BAD_REQUEST');
      await refused(api.get('/users'), 'BAD_REQUEST');
    },
  ),
  must(
    'http.password',
    'A changed password ends every older token, closes its sockets, and answers a good one',
    async (cast) => {
      const { api, token, password, user } = await cast.person('visitor');
      if (password === undefined) throw new Skipped('needs a user with a password');
      const socket = await cast.connectWith(token);
      const newPassword = randomUUID();
      const wrong = { currentPassword: randomUUID(), newPassword };
      await refused(api.put('/users/me/password', wrong), 'UNAUTHENTICATED');
      const change = { currentPassword: password, newPassword };
      const session = await answered(api.put('/users/me/password', change), 200, Session);
      await refused(api.get('/users/me'), 'UNAUTHENTICATED');
      await socket.isClosed();
      const later = cast.caller(session.token);
      const login = { username: user.username, password };
      await refused(cast.caller().post('/login', login), 'UNAUTHENTICATED');
      // Put back, for whoever gave this account to the run.
      const back = { currentPassword: newPassword, newPassword: password };
      await answered(later.put('/users/me/password', back), 200, Session);
    },
  ),
  must('http.sessions', 'GET /users/me/sessions lists each sign-in with its device', async (cast) => {
    const [phone, laptop] = [await signIn(cast, 'Phone'), await signIn(cast)];
    const [listed] = (await sessionsOf(phone)).filter(({ current }) => current);
    equal(listed?.deviceName, 'Phone');
    const mine = (await sessionsOf(laptop)).filter(({ current }) => current);
    deepEqual(
      mine.map(({ deviceName }) => deviceName),
      [null],
    );
    notEqual(mine[0]?.sessionId, listed?.sessionId);
    const renewed = await answered(phone.api.post('/token'), 200, Session);
    const later = await sessionsOf({ ...renewed, api: cast.caller(renewed.token) });
    equal(later.find(({ current }) => current)?.sessionId, listed?.sessionId);
    for (const deviceName of ['', 'x'.repeat(65), 'a\u202eb']) {
      const body = { username: 'nobody', password: 'none', deviceName };
      await refused(cast.caller().post('/login', body), 'BAD_REQUEST');
    }
  }),
  must(
    'http.sessions.end',
    'DELETE /users/me/sessions/{sessionId} ends that session and its sockets, and no other',
    async (cast) => {
      const [here, there] = [await signIn(cast), await signIn(cast)];
      const [mine, theirs] = [await cast.connectWith(here.token), await cast.connectWith(there.token)];
      const ended = (await sessionsOf(there)).find(({ current }) => current)?.sessionId;
      const stranger = (await cast.person('bob')).api;
      await answeredNothing(stranger.delete(`/users/me/sessions/${ended}`), 204);
      await answered(there.api.get('/users/me'), 200, Profile);
      for (const _ of ['once', 'again']) {
        await answeredNothing(here.api.delete(`/users/me/sessions/${ended}`), 204);
      }
      await theirs.isClosed();
      await expectEnded(cast, there);
      await answered(here.api.get('/users/me'), 200, Profile);
      ok(mine.isOpen, 'the socket of the other session stays open');
      ok((await sessionsOf(here)).every(({ sessionId }) => sessionId !== ended));
    },
  ),
  must('http.sessions.current', '`current` names the session of the request', async (cast) => {
    const [here, there] = [await signIn(cast), await signIn(cast)];
    const socket = await cast.connectWith(here.token);
    await answeredNothing(here.api.delete('/users/me/sessions/current'), 204);
    await socket.isClosed();
    await expectEnded(cast, here);
    await answered(there.api.get('/users/me'), 200, Profile);
  }),
  must('http.logout', 'POST /logout ends all of the caller’s sessions, and their sockets', async (cast) => {
    const [here, there] = [await signIn(cast), await signIn(cast)];
    const socket = await cast.connectWith(there.token);
    await answeredNothing(here.api.post('/logout'), 204);
    await socket.isClosed();
    for (const device of [here, there]) await expectEnded(cast, device);
    notEqual((await signIn(cast)).token, there.token);
  }),
]);
