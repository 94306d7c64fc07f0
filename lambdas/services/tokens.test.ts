import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { expect, test } from 'vitest';
import type { SecretStore } from '../stores/secret-store.ts';
import { Tokens } from './tokens.ts';

const hour = 60 * 60 * 1000;
const subject = { userId: 'usr_a', authEpoch: 3 };
const unauthenticated = expect.objectContaining({ code: 'UNAUTHENTICATED' });

function tokensWith(keys: { current: string; previous?: string }, clock = Date.now): Tokens {
  // All that `Tokens` asks of a secret.
  return new Tokens({ keys: async () => keys } as SecretStore, clock);
}

const key = 'k'.repeat(64);
const tokens = tokensWith({ current: key });

function signed(claims: object, alg = 'HS256', secret = key) {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
}

const goodClaims = () => ({
  iss: 'parley',
  sub: 'usr_a',
  epoch: 3,
  exp: Math.floor(Date.now() / 1000) + 60,
});

test('a token says who it was issued to', async () => {
  const { token } = await tokens.issue(subject);
  expect(await tokens.verify(token)).toEqual(subject);
});

test('a token lives twelve hours', async () => {
  const { token, expiresAt } = await tokens.issue(subject);
  expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(12 * hour - 2_000);
  const at = (time: number) => tokensWith({ current: key }, () => time).verify(token);
  await expect(at(Date.now() + 11 * hour)).resolves.toEqual(subject);
  await expect(at(Date.now() + 13 * hour)).rejects.toEqual(unauthenticated);
});

test('while the key is rotated, tokens of the previous one are good, and none are signed with it', async () => {
  const old = await tokensWith({ current: 'old'.repeat(20) }).issue(subject);
  const rotating = tokensWith({ current: key, previous: 'old'.repeat(20) });
  expect(await rotating.verify(old.token)).toEqual(subject);
  expect(await tokens.verify((await rotating.issue(subject)).token)).toEqual(subject);
  await expect(tokens.verify(old.token)).rejects.toEqual(unauthenticated);
});

test('the claims that the tests below spoil are good ones', async () => {
  expect(await tokens.verify(await signed(goodClaims()))).toEqual(subject);
});

test.each<[string, () => Promise<string> | string]>([
  ['no token', () => ''],
  ['not a token', () => 'abc'],
  ['two parts', () => 'abc.def'],
  ['a truncated token', async () => (await signed(goodClaims())).slice(0, -4)],
  ['another key', () => signed(goodClaims(), 'HS256', 'x'.repeat(64))],
  ['another algorithm of the same key', () => signed(goodClaims(), 'HS512')],
  ['no signature', () => new UnsecuredJWT(goodClaims()).encode()],
  [
    'a public key',
    async () => {
      const { privateKey } = await generateKeyPair('RS256');
      return new SignJWT(goodClaims()).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
    },
  ],
  ['no subject', () => signed({ ...goodClaims(), sub: undefined })],
  ['no epoch', () => signed({ ...goodClaims(), epoch: undefined })],
  ['another issuer', () => signed({ ...goodClaims(), iss: 'other' })],
  [
    'a changed payload',
    async () => {
      const [header, , signature] = (await signed(goodClaims())).split('.');
      const payload = Buffer.from(JSON.stringify({ ...goodClaims(), sub: 'usr_b' })).toString('base64url');
      return `${header}.${payload}.${signature}`;
    },
  ],
])('%s is refused', async (_what, make) => {
  await expect(tokens.verify(await make())).rejects.toEqual(unauthenticated);
});
