import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import type { Handshake } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

let parley: Parley;
let alice: Person;
/** What a deployment signs its tokens with: known to its owner only. */
let key: string;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  const { runtime } = parley;
  const owner = new SecretsManagerClient(emulatorClient(runtime.endpoints.secretsManager, runtime));
  const SecretId = parley.runtime.physicalName('TokenSecret');
  const { SecretString = '{}' } = await owner.send(new GetSecretValueCommand({ SecretId }));
  key = JSON.parse(SecretString).current;
  parley.secrets.add(key);
  owner.destroy();
});
afterAll(() => parley?.close());

const bySubprotocol = (token: string): Handshake => ({ protocols: ['parley.v1', `bearer.${token}`] });
const byHeader = (token: string): Handshake => ({ headers: { authorization: `Bearer ${token}` } });

describe('a good token opens the socket', () => {
  test('as a subprotocol: the server selects parley.v1', async () => {
    const socket = await parley.connect(bySubprotocol(alice.token));
    expect(socket.subprotocol).toBe('parley.v1');
    expect(await socket.heartbeat()).toMatchObject({ type: 'heartbeat' });
  });

  test('whatever the order of the subprotocols, and with others beside them', async () => {
    const protocols = ['chat.v7', `bearer.${alice.token}`, 'parley.v1'];
    const socket = await parley.connect({ protocols });
    expect(socket.subprotocol).toBe('parley.v1');
    await socket.heartbeat();
  });

  test('in the Authorization header, without a subprotocol', async () => {
    const socket = await parley.connect(byHeader(alice.token));
    expect(socket.subprotocol).toBe('');
    await socket.heartbeat();
  });

  test('in the Authorization header, with the subprotocol', async () => {
    const socket = await parley.connect({ protocols: ['parley.v1'], ...byHeader(alice.token) });
    expect(socket.subprotocol).toBe('parley.v1');
    await socket.heartbeat();
  });
});

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The claims of Alice's own token, changed, under a header and a signature of the test's making. */
function forged(header: object, changes: object, signatureOf: (signed: string) => string): string {
  const [, claims = ''] = alice.token.split('.');
  const own: object = JSON.parse(Buffer.from(claims, 'base64url').toString());
  const signed = `${encode(header)}.${encode({ ...own, ...changes })}`;
  return `${signed}.${signatureOf(signed)}`;
}

const hmac = (key: string) => (signed: string) =>
  createHmac('sha256', key).update(signed).digest('base64url');
const ownSignature = () => alice.token.split('.')[2] ?? '';
const hs256 = { alg: 'HS256', typ: 'JWT' };
const now = Math.floor(Date.now() / 1000);
const nextYear = now + 365 * 24 * 3600;

const badTokens: [what: string, token: () => string][] = [
  ['nonsense', () => 'nonsense'],
  ['three empty parts', () => '..'],
  ['without its last character', () => alice.token.slice(0, -1)],
  ['cut to half', () => alice.token.slice(0, alice.token.length / 2)],
  ['without its signature', () => alice.token.split('.').slice(0, 2).join('.')],
  ['with an empty signature', () => `${alice.token.split('.').slice(0, 2).join('.')}.`],
  ['with something added', () => `${alice.token}A`],
  ['with alg none', () => forged({ alg: 'none' }, {}, () => '')],
  ['with alg None and the old signature', () => forged({ alg: 'None', typ: 'JWT' }, {}, ownSignature)],
  ['signed with another key', () => forged(hs256, {}, hmac('another key, just as long as the real one is'))],
  ['signed with an empty key', () => forged(hs256, {}, hmac(''))],
  ['longer lived, with the old signature', () => forged(hs256, { exp: nextYear }, ownSignature)],
  ['of another user, with the old signature', () => forged(hs256, { sub: 'usr_other' }, ownSignature)],
  [
    'with a key of its own in the header',
    () => forged({ ...hs256, jwk: { kty: 'oct', k: 'AAAA' } }, {}, hmac('\0\0\0')),
  ],
  ['expired a minute ago', () => forged(hs256, { iat: now - 7200, exp: now - 60 }, hmac(key))],
  ['of a user who does not exist', () => forged(hs256, { sub: 'usr_nobody' }, hmac(key))],
  [
    'with a public-key signature',
    () => {
      const { privateKey } = generateKeyPairSync('ed25519');
      const signature = (signed: string) => sign(null, Buffer.from(signed), privateKey).toString('base64url');
      return forged({ alg: 'EdDSA', typ: 'JWT' }, {}, signature);
    },
  ],
];

test('a token of our own making with the right key and a time to come is good', async () => {
  // So what is wrong with the ones below is what each says, not how they are made.
  const socket = await parley.connect(bySubprotocol(forged(hs256, { exp: now + 60 }, hmac(key))));
  await socket.heartbeat();
});

describe.each(badTokens)('a token %s', (_, token) => {
  test('is refused before the socket opens', async () => {
    const refusal = { status: expect.toBeOneOf([401, 403]) };
    await expect(parley.connect(bySubprotocol(token()))).rejects.toMatchObject(refusal);
    await expect(parley.connect(byHeader(token()))).rejects.toMatchObject(refusal);
  });

  test('is refused over HTTP', async () => {
    expectProblem(await parley.api(token()).get('/users/me'), 'UNAUTHENTICATED');
  });
});

describe('no token where one is looked for', () => {
  test.each<[what: string, handshake: () => Handshake, search: () => string]>([
    ['none at all', () => ({}), () => ''],
    ['the subprotocol alone', () => ({ protocols: ['parley.v1'] }), () => ''],
    ['an empty one', () => ({ protocols: ['parley.v1', 'bearer.'] }), () => ''],
    ['as Basic', () => ({ headers: { authorization: `Basic ${alice.token}` } }), () => ''],
    ['without a scheme', () => ({ headers: { authorization: alice.token } }), () => ''],
    ['in another header', () => ({ headers: { 'x-token': alice.token } }), () => ''],
    ['in a cookie', () => ({ headers: { cookie: `token=${alice.token}` } }), () => ''],
    ['in the query string', () => ({ protocols: ['parley.v1'] }), () => `?token=${alice.token}`],
    ['in the query string as access_token', () => ({}), () => `?access_token=${alice.token}`],
    ['in the query string as Authorization', () => ({}), () => `?Authorization=Bearer%20${alice.token}`],
  ])('%s', async (_, handshake, search) => {
    await expect(parley.connect(handshake(), search())).rejects.toMatchObject({
      status: expect.toBeOneOf([401, 403]),
    });
  });
});

test('no refused handshake leaves a socket open', async () => {
  const before = parley.runtime.connections();
  const attempts = Array.from({ length: 5 }, () => parley.connect(bySubprotocol('nonsense')));
  await Promise.allSettled(attempts);
  expect(parley.runtime.connections()).toBe(before);
});

test('no log line tells a token', () => {
  expect(parley.leaks()).toEqual([]);
});
