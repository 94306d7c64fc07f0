/** A stage whose users sign in with an OIDC issuer: the whole of it, from its settings to the sockets. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ParleyClient } from '../../client/src/index.ts';
import { parleyApp } from '../../infra/parley-app.ts';
import { readSettings } from '../../infra/read-settings.ts';
import { stageSettings } from '../../infra/stages.ts';
import { Cast } from '../../scripts/conformance/cast.ts';
import { requirements } from '../../scripts/conformance/requirements.ts';
import { runRequirements } from '../../scripts/conformance/run.ts';
import type { Profile } from '../../shared/protocol/entities.ts';
import { OidcIssuer } from '../support/oidc-issuer.ts';
import { Parley } from '../support/parley.ts';
import { expectProblem } from '../support/problem.ts';

let issuer: OidcIssuer;
let parley: Parley;
const assemblyDirectory = mkdtempSync(join(tmpdir(), 'parley-oidc-'));

beforeAll(async () => {
  issuer = await OidcIssuer.start();
  const { stage, ...settings } = stageSettings('local');
  const auth = { issuer: issuer.url, audience: issuer.audience };
  parleyApp({ outdir: assemblyDirectory }, { settings: readSettings(stage, { ...settings, auth }) }).synth();
  parley = await Parley.start({ assemblyDirectory });
});
afterAll(async () => {
  await parley?.close();
  await issuer?.goDown();
  rmSync(assemblyDirectory, { recursive: true });
});

const connect = (token: string) => parley.connect({ protocols: ['parley.v1', `bearer.${token}`] });
const profileOf = async (token: string) => (await parley.api(token).get<Profile>('/users/me')).body;

describe('the first time', () => {
  test('the issuer is down: nobody is told to sign in again, and all goes well once it is back', async () => {
    const token = await issuer.token('early');
    await issuer.goDown();
    expectProblem(await parley.api(token).get('/users/me'), 'UNAVAILABLE');
    await expect(connect(token)).rejects.toMatchObject({ status: 500 });
    await issuer.goUp();
    await expect
      .poll(async () => (await parley.api(token).get('/users/me')).status, { timeout: 15_000 })
      .toBe(200);
    await expect
      .poll(
        () =>
          connect(token).then(
            () => 'open',
            () => 'refused',
          ),
        { timeout: 15_000 },
      )
      .toBe('open');
  });

  test('GET /users/me makes the account, with the names that the issuer tells', async () => {
    const claims = { preferred_username: 'Ann.Lee', name: 'Ann Lee' };
    const profile = await profileOf(await issuer.token('ann', claims));
    expect(profile).toMatchObject({ username: 'ann.lee', displayName: 'Ann Lee' });
    // Later tokens may say otherwise: the account stays as it is.
    expect(await profileOf(await issuer.token('ann', { name: 'Somebody' }))).toEqual(profile);
  });

  test('twenty requests at once make one account', async () => {
    const token = await issuer.token('crowd', { preferred_username: 'crowd' });
    const profiles = await Promise.all(Array.from({ length: 20 }, () => profileOf(token)));
    expect(new Set(profiles.map(({ userId }) => userId)).size).toBe(1);
    for (const { username } of profiles) expect(username).toBe('crowd');
  });

  test('another’s username is not had', async () => {
    const first = await profileOf(await issuer.token('carl-1', { preferred_username: 'carl' }));
    const second = await profileOf(await issuer.token('carl-2', { preferred_username: 'CARL' }));
    expect(first.username).toBe('carl');
    expect(second.username).toMatch(/^carl-[a-z0-9]{6}$/);
    expect(second.userId).not.toBe(first.userId);
  });

  test('nothing else makes one: the other functions may not write users', async () => {
    const token = await issuer.token('unknown');
    expectProblem(await parley.api(token).get('/conversations'), 'UNAUTHENTICATED');
    await expect(connect(token)).rejects.toMatchObject({ status: 401 });
    await profileOf(token);
    expect((await parley.api(token).get('/conversations')).status).toBe(200);
    await (await connect(token)).heartbeat();
  });
});

test.each<[what: string, token: () => Promise<string>]>([
  ['for another audience', () => issuer.token('ann', { aud: 'other' })],
  ['that has expired', () => issuer.token('ann', { exp: Math.floor(Date.now() / 1000) - 10 })],
  ['of another issuer', () => issuer.token('ann', { iss: 'https://other.example' })],
])('a token %s is refused, over HTTP and at the handshake', async (_, token) => {
  expectProblem(await parley.api(await token()).get('/users/me'), 'UNAUTHENTICATED');
  await expect(connect(await token())).rejects.toMatchObject({ status: 401 });
});

test('what is the issuer’s own business is FORBIDDEN here, and says where to go', async () => {
  const token = await issuer.token('ann');
  const password = 'a long password';
  const nobody = parley.api();
  const answers = [
    await nobody.post('/users', { username: 'ann2', password }),
    await nobody.post('/login', { username: 'ann.lee', password }),
    await parley.api(token).post('/token'),
    await parley.api(token).get('/users/me/sessions'),
    await parley.api(token).delete('/users/me/sessions/current'),
    await parley.api(token).put('/users/me/password', { currentPassword: password, newPassword: password }),
    // Before anything of the request is read.
    await nobody.raw('POST', '/users', 'not JSON'),
    await nobody.raw('POST', '/login', 'not JSON'),
    await parley.api(token).raw('PUT', '/users/me/password', 'not JSON'),
  ];
  for (const answer of answers) {
    expectProblem(answer, 'FORBIDDEN');
    expect(answer.body.detail).toContain(issuer.url);
  }
});

describe('the end of a session', () => {
  let sub: string;
  let token: string;
  beforeEach(async () => {
    sub = crypto.randomUUID();
    // Of a second ago, for times in tokens are whole seconds.
    token = await issuer.token(sub, { iat: Math.floor(Date.now() / 1000) - 1 });
    await profileOf(token);
  });

  test('POST /logout ends what was issued until then, and its sockets', async () => {
    const socket = await connect(token);
    expect((await parley.api(token).post('/logout')).status).toBe(204);
    await socket.closed;
    expectProblem(await parley.api(token).get('/users/me'), 'UNAUTHENTICATED');
    await expect(connect(token)).rejects.toMatchObject({ status: 401 });
    const next = await issuer.token(sub, { iat: Math.floor(Date.now() / 1000) + 2 });
    await (await connect(next)).heartbeat();
  });

  test('a socket outlives the token that opened it', async () => {
    const second = Math.floor(Date.now() / 1000);
    // Good for the 5 seconds that clocks may differ by, and no more.
    const short = await issuer.token(sub, { exp: second - 3 });
    const socket = await connect(short);
    await expect
      .poll(async () => (await parley.api(short).get('/users/me')).status, { timeout: 10_000 })
      .toBe(401);
    await socket.heartbeat();
  });
});

test('people chat: the protocol holds with tokens of an issuer, but for what is the issuer’s', {
  timeout: 90_000,
}, async () => {
  const names = ['alice', 'bob', 'carol', 'dave', 'visitor'];
  const tokens = await Promise.all(
    names.map((name) => issuer.token(name, { preferred_username: `${name}-c` })),
  );
  const { url, webSocketUrl } = parley.runtime;
  const cast = new Cast({ url, webSocketUrl, deadlineMs: 15_000 }, { tokens, accounts: [] });
  const part = /^(http\.(register|login|token|password|logout|me|users)|ws\.(handshake|send)|promise\.once$)/;
  const asked = requirements.filter(({ id }) => part.test(id));
  const outcomes = await runRequirements(asked, cast);
  await cast.leave();
  expect(outcomes.filter(({ status }) => status === 'failed')).toEqual([]);
  expect(outcomes.filter(({ status }) => status === 'skipped').map(({ id }) => id)).toEqual([
    'http.register',
    'http.register.taken',
    'http.login',
    'http.login.wrong',
    'http.login.limit',
    'http.token',
    'http.password',
    'http.logout',
  ]);
});

test('a client of ours needs nothing but the tokens, also for somebody new', async () => {
  const { url, webSocketUrl } = parley.runtime;
  const getToken = () => issuer.token('client-user', { name: 'Clio' });
  const client = new ParleyClient({ url, webSocketUrl, getToken, WebSocket });
  await client.connect();
  const known = await profileOf(await issuer.token('client-friend'));
  const conversation = await client.createDm(known.userId);
  expect(await conversation.send('Hello').whenStored()).toMatchObject({ seq: 1, content: 'Hello' });
  await client.close();
});

test('who is blocked is out, with every token of the issuer', async () => {
  const token = await issuer.token('mallory', { preferred_username: 'mallory' });
  await profileOf(token);
  const socket = await connect(token);
  const env = { ...process.env, PARLEY_DATA: parley.runtime.dataDirectory };
  const script = join(import.meta.dirname, '../../scripts/block.ts');
  await promisify(execFile)(process.execPath, [script, '--user', 'mallory'], { env });
  await socket.closed;
  for (const any of [token, await issuer.token('mallory')]) {
    expectProblem(await parley.api(any).get('/users/me'), 'FORBIDDEN');
    await expect(connect(any)).rejects.toMatchObject({ status: 401 });
  }
});

test('who was erased does not come back as who they were, with any token of the issuer', async () => {
  const token = await issuer.token('erin', { preferred_username: 'erin' });
  await profileOf(token);
  const socket = await connect(token);
  expect((await parley.api(token).delete('/users/me')).status).toBe(202);
  await socket.closed;
  for (const any of [token, await issuer.token('erin', { iat: Math.floor(Date.now() / 1000) + 2 })]) {
    expectProblem(await parley.api(any).get('/users/me'), 'FORBIDDEN');
    expectProblem(await parley.api(any).get('/conversations'), 'UNAUTHENTICATED');
    await expect(connect(any)).rejects.toMatchObject({ status: 401 });
  }
  const other = await profileOf(await issuer.token('another erin', { preferred_username: 'erin' }));
  expect(other.username).toMatch(/^erin-[a-z0-9]{6}$/);
});

test('no log line tells a token', () => {
  expect(parley.leaks()).toEqual([]);
});
