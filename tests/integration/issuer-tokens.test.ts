/** Tokens of an OIDC issuer that runs in this test, and may be slow, down, or not what it says. */
import { base64url, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { IssuerTokens } from '../../lambdas/services/issuer-tokens.ts';
import { IssuerKeys } from '../../lambdas/stores/issuer-keys.ts';
import type { OidcSettings } from '../../shared/domain/oidc-settings.ts';
import { OidcIssuer } from '../support/oidc-issuer.ts';

let issuer: OidcIssuer;
let tokens: IssuerTokens;
let failures: unknown[];

beforeEach(async () => {
  issuer = await OidcIssuer.start();
  failures = [];
  tokens = coldStart();
});
afterEach(async () => {
  vi.useRealTimers();
  await issuer.goDown();
});

/** What a new container begins with. */
function coldStart(accepted: OidcSettings['tokens'] = 'access'): IssuerTokens {
  const keys = new IssuerKeys(issuer.url, (error) => failures.push(error));
  return new IssuerTokens({ issuer: issuer.url, audience: issuer.audience, tokens: accepted }, keys);
}

function inSeconds(seconds: number): void {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: now + seconds * 1000 });
}

const unauthenticated = { code: 'UNAUTHENTICATED' };
const unavailable = { code: 'UNAVAILABLE' };

test('a good token is good, and the issuer is asked once for many', async () => {
  const token = await issuer.token('ann', { name: 'Ann' });
  const verified = await Promise.all(Array.from({ length: 20 }, () => tokens.verify(token)));
  for (const claims of verified) expect(claims).toMatchObject({ sub: 'ann', name: 'Ann' });
  await tokens.verify(token);
  expect(issuer.requests).toEqual({ discovery: 1, keys: 1 });
});

test('one of several audiences is enough', async () => {
  const token = await issuer.token('ann', { aud: ['other', issuer.audience] });
  await expect(tokens.verify(token)).resolves.toMatchObject({ sub: 'ann' });
});

const now = () => Math.floor(Date.now() / 1000);
test.each<[what: string, token: () => Promise<string>]>([
  ['for another audience', () => issuer.token('ann', { aud: 'other' })],
  ['without an audience', () => issuer.token('ann', { aud: undefined })],
  ['of another issuer', () => issuer.token('ann', { iss: 'https://other.example' })],
  ['of the issuer with a slash more', () => issuer.token('ann', { iss: `${issuer.url}/` })],
  ['that has expired', () => issuer.token('ann', { exp: now() - 10 })],
  ['that never expires', () => issuer.token('ann', { exp: undefined })],
  ['that is not valid yet', () => issuer.token('ann', { nbf: now() + 60 })],
  ['that does not say when it was issued', () => issuer.token('ann', { iat: undefined })],
  ['without a subject', () => issuer.token('', {})],
  ['with a subject of 256 characters', () => issuer.token('x'.repeat(256))],
  ['that is nonsense', async () => 'nonsense'],
  ['with another token’s claims', () => swapped()],
  ['without a signature', () => unsigned()],
  ['signed with the public key as a shared secret', () => signedWithThePublicKey()],
  ['signed with a stranger’s key of the same id', () => signedByStranger()],
])('a token %s is refused', async (_, token) => {
  await expect(tokens.verify(await token())).rejects.toMatchObject(unauthenticated);
  expect(failures).toEqual([]);
});

describe('of the things that an issuer signs for one audience', () => {
  const events = { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } };
  const idToken = { nonce: 'n-0S6_WzA2Mj', at_hash: 'MTIzNDU2Nzg5MDEyMzQ1Ng' };
  type Thing = [what: string, typ: string | undefined, claims: Record<string, unknown>, goodWith: string[]];
  test.each<Thing>([
    ['an access token of RFC 9068', 'at+jwt', {}, ['at+jwt', 'access', 'access-and-id']],
    ['the same, as a media type', 'application/AT+JWT', {}, ['at+jwt', 'access', 'access-and-id']],
    ['a token that is some JWT', 'JWT', {}, ['access', 'access-and-id']],
    ['a token that does not say what it is', undefined, {}, ['access', 'access-and-id']],
    ['an ID token', 'JWT', idToken, ['access-and-id']],
    ['an ID token with its nonce alone', undefined, { nonce: 'n' }, ['access-and-id']],
    ['an ID token with the hash of a code', 'JWT', { c_hash: 'h' }, ['access-and-id']],
    ['a logout token', 'logout+jwt', events, []],
    ['a logout token that is some JWT', 'JWT', events, []],
    ['a client’s proof of its key', 'dpop+jwt', {}, []],
  ])('%s is good where it is asked for', async (_, typ, claims, goodWith) => {
    const token = await issuer.token('ann', claims, typ);
    for (const accepted of ['at+jwt', 'access', 'access-and-id'] as const) {
      const verified = coldStart(accepted).verify(token);
      if (goodWith.includes(accepted)) await expect(verified).resolves.toMatchObject({ sub: 'ann' });
      else await expect(verified).rejects.toMatchObject(unauthenticated);
    }
  });
});

async function swapped(): Promise<string> {
  const [header, , signature] = (await issuer.token('ann')).split('.');
  const [, claims] = (await issuer.token('bob')).split('.');
  return [header, claims, signature].join('.');
}

async function unsigned(): Promise<string> {
  const encode = (value: object) => base64url.encode(JSON.stringify(value));
  return `${encode({ alg: 'none', kid: issuer.kid })}.${encode(issuer.claims('ann'))}.`;
}

async function signedWithThePublicKey(): Promise<string> {
  const secret = new TextEncoder().encode(await issuer.publicKeyAsText());
  return new SignJWT(issuer.claims('ann')).setProtectedHeader({ alg: 'HS256', kid: issuer.kid }).sign(secret);
}

async function signedByStranger(): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  return new SignJWT(issuer.claims('ann'))
    .setProtectedHeader({ alg: 'RS256', kid: issuer.kid })
    .sign(privateKey);
}

describe('when the issuer signs with another key', () => {
  test('the new one is asked for, once', async () => {
    await tokens.verify(await issuer.token('ann'));
    await issuer.rotate('second');
    inSeconds(31);
    const token = await issuer.token('ann');
    await Promise.all(Array.from({ length: 20 }, () => tokens.verify(token)));
    expect(issuer.requests).toEqual({ discovery: 1, keys: 2 });
  });

  test('what was signed with the old one is refused as soon as that is known', async () => {
    const old = await issuer.token('ann', { exp: now() + 3600 });
    await tokens.verify(old);
    await issuer.rotate('second');
    inSeconds(601);
    await expect(tokens.verify(old)).rejects.toMatchObject(unauthenticated);
  });

  test('made-up key ids do not make us ask again and again', async () => {
    await tokens.verify(await issuer.token('ann'));
    const { privateKey } = await generateKeyPair('RS256');
    for (let id = 0; id < 20; id += 1) {
      const header = { alg: 'RS256', kid: `made-up-${id}` };
      const token = await new SignJWT(issuer.claims('ann')).setProtectedHeader(header).sign(privateKey);
      await expect(tokens.verify(token)).rejects.toMatchObject(unauthenticated);
    }
    expect(issuer.requests.keys).toBe(1);
  });
});

describe('when the issuer is down', () => {
  test('at a cold start nobody is told to sign in again, and it recovers', async () => {
    const token = await issuer.token('ann');
    await issuer.goDown();
    await expect(tokens.verify(token)).rejects.toMatchObject(unavailable);
    expect(failures).toHaveLength(1);
    await issuer.goUp();
    inSeconds(3);
    await expect(tokens.verify(token)).resolves.toMatchObject({ sub: 'ann' });
  });

  test('it is left alone for a moment after a failure', async () => {
    const token = await issuer.token('ann');
    issuer.callsItself = 'https://other.example';
    for (let time = 0; time < 5; time += 1) {
      await expect(tokens.verify(token)).rejects.toMatchObject(unavailable);
    }
    expect(issuer.requests.discovery).toBe(1);
  });

  test('known keys go on being used, for an hour or so', async () => {
    const token = await issuer.token('ann', { exp: now() + 24 * 3600 });
    await tokens.verify(token);
    await issuer.goDown();
    inSeconds(30 * 60);
    await expect(tokens.verify(token)).resolves.toMatchObject({ sub: 'ann' });
    inSeconds(60 * 60);
    await expect(tokens.verify(token)).rejects.toMatchObject(unavailable);
  });

  test('a key that could not be asked for makes nobody a stranger', async () => {
    await tokens.verify(await issuer.token('ann'));
    await issuer.rotate('second');
    const token = await issuer.token('ann');
    await issuer.goDown();
    inSeconds(31);
    await expect(tokens.verify(token)).rejects.toMatchObject(unavailable);
  });

  test('a token that is wrong whatever the keys are is refused without asking', async () => {
    await issuer.goDown();
    await expect(tokens.verify(await unsigned())).rejects.toMatchObject(unauthenticated);
    await expect(tokens.verify(await signedWithThePublicKey())).rejects.toMatchObject(unauthenticated);
    expect(failures).toEqual([]);
  });
});

test('an issuer that does not answer is not waited for without end', async () => {
  issuer.silent = true;
  await expect(tokens.verify(await issuer.token('ann'))).rejects.toMatchObject(unavailable);
  issuer.silent = false;
  inSeconds(3);
  await expect(tokens.verify(await issuer.token('ann'))).resolves.toMatchObject({ sub: 'ann' });
});

test('an issuer that calls itself by another name is not believed', async () => {
  issuer.callsItself = 'https://other.example';
  await expect(tokens.verify(await issuer.token('ann'))).rejects.toMatchObject(unavailable);
  expect(String(failures[0])).toContain('calls itself https://other.example');
});
