import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import type { Keys } from '../../shared/domain/secret-keys.ts';
import type { SecretStore } from '../stores/secret-store.ts';
import { Tokens } from './tokens.ts';

const hour = 60 * 60 * 1000;
const subject = { userId: 'usr_a', authEpoch: 3, sessionId: 'ses_a' };
const unauthenticated = expect.objectContaining({ code: 'UNAUTHENTICATED' });

function tokensWith(keys: Keys, clock = Date.now): Tokens {
  // All that `Tokens` asks of a secret.
  return new Tokens({ keys: async () => keys } as SecretStore, clock);
}

const key = 'k'.repeat(64);
const tokens = tokensWith({ current: key });

function signed(claims: object, alg = 'HS256', secret = key) {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
}

const seconds = () => Math.floor(Date.now() / 1000);
const goodClaims = () => ({
  iss: 'parley',
  sub: 'usr_a',
  epoch: 3,
  sid: 'ses_a',
  iat: seconds() - 60,
  exp: seconds() + 60,
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

test('a token ends with its session', async () => {
  const { expiresAt } = await tokens.issue(subject, Date.now() + hour);
  expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(hour);
});

test('while the key is rotated, tokens of the previous one are good, and none are signed with it', async () => {
  const old = await tokensWith({ current: 'old'.repeat(20) }).issue(subject);
  const rotating = tokensWith({
    current: key,
    previous: 'old'.repeat(20),
    rotatedAt: new Date(Date.now() - hour).toISOString(),
  });
  expect(await rotating.verify(old.token)).toEqual(subject);
  expect(await tokens.verify((await rotating.issue(subject)).token)).toEqual(subject);
  await expect(tokens.verify(old.token)).rejects.toEqual(unauthenticated);
});

describe('the key before the present one', () => {
  const rotatedAt = '2026-11-24T10:00:00.000Z';
  const leaked = 'leaked'.repeat(10);
  /** What somebody who has the leaked key makes, as long as they like. */
  const forged = (at: number) => tokensWith({ current: leaked }, () => at).issue(subject);
  const timeAt = (ms: number) => Date.parse(rotatedAt) + ms;

  test('is good while a token of it may live, and no longer', async () => {
    for (const [ms, isGood] of [
      [0, true],
      [12 * hour, true],
      [12.2 * hour, false],
      [90 * 24 * hour, false],
    ] as const) {
      const { token } = await forged(timeAt(ms));
      const verified = tokensWith({ current: key, previous: leaked, rotatedAt }, () => timeAt(ms)).verify(
        token,
      );
      if (isGood) await expect(verified).resolves.toEqual(subject);
      else await expect(verified).rejects.toEqual(unauthenticated);
    }
  });

  test('is not good where nothing says how old it is; the present one is', async () => {
    const byHand = tokensWith({ current: key, previous: leaked });
    await expect(byHand.verify((await forged(Date.now())).token)).rejects.toEqual(unauthenticated);
    await expect(byHand.verify((await byHand.issue(subject)).token)).resolves.toEqual(subject);
  });

  test('may be the next one, which is good until it signs', async () => {
    const promoteAt = rotatedAt;
    const offered = tokensWith({ current: key, previous: 'next'.repeat(20), promoteAt });
    const { token } = await tokensWith({ current: 'next'.repeat(20) }).issue(subject);
    await expect(offered.verify(token)).resolves.toEqual(subject);
  });
});

test('a clock that is some minutes behind refuses nothing', async () => {
  const { token } = await tokens.issue(subject);
  const behind = tokensWith({ current: key }, () => Date.now() - 10 * 60_000);
  await expect(behind.verify(token)).resolves.toEqual(subject);
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
  ['no session', () => signed({ ...goodClaims(), sid: undefined })],
  ['no end', () => signed({ ...goodClaims(), exp: undefined })],
  ['no time of issue', () => signed({ ...goodClaims(), iat: undefined })],
  ['a life of more than twelve hours', () => signed({ ...goodClaims(), exp: seconds() + 13 * 3600 })],
  [
    'twelve hours that begin tomorrow',
    () => signed({ ...goodClaims(), iat: seconds() + 24 * 3600, exp: seconds() + 36 * 3600 }),
  ],
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
