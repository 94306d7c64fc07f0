import { createHash } from 'node:crypto';
import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { Username } from '../protocol/values.ts';
import { issuedUserId } from './ids.ts';
import { shownNameOf, usernamesFor } from './issued-names.ts';

const userId = issuedUserId('key', 'https://id.example.com', '248289761001');

test.each<[claims: object, first: string]>([
  [{ preferred_username: 'j.doe' }, 'j.doe'],
  [{ preferred_username: 'Jane Doé' }, 'jane-doe'],
  [{ preferred_username: '--Jane  Doé--' }, 'jane-doe'],
  [{ preferred_username: 'jane@example.com' }, 'jane-example.com'],
  [{ email: `${'j'.repeat(20)}@example.com`, email_verified: true }, `${'j'.repeat(20)}-example.com`],
  [{ email: 'jane@example.com', email_verified: true }, 'jane-example.com'],
  [{ preferred_username: '日本', email: 'taro@example.com', email_verified: true }, 'taro-example.com'],
  [{ preferred_username: 'x'.repeat(80) }, 'x'.repeat(32)],
])('%j is called %s', (claims, first) => {
  expect(usernamesFor(userId, claims)[0]).toBe(first);
});

test('a name that is taken is followed by one that is legal and of this user alone', () => {
  const [, second] = usernamesFor(userId, { preferred_username: 'x'.repeat(80) });
  expect(second).toMatch(/^x{25}-[a-z0-9]{6}$/);
});

test('who has no name is called by the id, and always by the same', () => {
  const [only, ...others] = usernamesFor(userId, {});
  expect(others).toEqual([]);
  expect(only).toMatch(/^user-[a-z0-9]{24}$/);
  expect(usernamesFor(userId, {})).toEqual([only]);
});

test.each([
  ['was not verified', { email: 'ceo@evil.example', email_verified: false }],
  ['nobody says was verified', { email: 'ceo@evil.example' }],
  [
    'would lose its domain, or a part of it',
    { email: 'ceo@parley.example.aaaaaaaaaaaaaaaaaa.evil.example', email_verified: true },
  ],
  ['grows as it is written in a-z', { email: 'ceo@parley.example.\uFDFA.evil', email_verified: true }],
  ['looks like another one in a-z', { email: 'cëo@evil.example', email_verified: true }],
  ['is none', { email: 'ceo', email_verified: true }],
])('an address that %s names nobody', (_, claims) => {
  expect(usernamesFor(userId, claims)[0]).toMatch(/^user-/);
});

test('whatever the issuer says, each username is legal, and the last is of this user alone', () => {
  const claim = fc.option(fc.string({ unit: 'binary' }), { nil: undefined });
  fc.assert(
    fc.property(claim, claim, fc.string({ minLength: 1 }), (preferred_username, email, subject) => {
      const id = issuedUserId('key', 'https://id.example.com', subject);
      const names = usernamesFor(id, { preferred_username, email, email_verified: true });
      expect(names.filter((name) => v.parse(Username, name) !== name)).toEqual([]);
      expect(names.at(-1)).toMatch(/^user-/);
    }),
  );
});

test('of a name no more is normalized than a username could need', () => {
  const normalize = vi.spyOn(String.prototype, 'normalize');
  const marks = '\u0301'.repeat(4_000) + '\u0323'.repeat(4_000);
  const [first] = usernamesFor(userId, { preferred_username: `jane${marks}`, name: marks });
  const lengths = normalize.mock.contexts.map((text) => String(text).length);
  normalize.mockRestore();
  expect(first).toBe('jane');
  expect(Math.max(...lengths)).toBeLessThanOrEqual(256);
});

test('a name that may not be shown is left out', () => {
  expect(shownNameOf({ name: 'Jane Doe' })).toBe('Jane Doe');
  for (const name of [undefined, '', '  ', 'x'.repeat(65), 'a\u202Eb', `a${'\u0301'.repeat(31)}`])
    expect(shownNameOf({ name })).toBeUndefined();
});

test('the same person has the same id, and nobody else', () => {
  const hash = createHash('sha256').update('oidc\nhttps://id.example.com\na').digest('base64url');
  expect(issuedUserId('key', 'https://id.example.com', 'a')).not.toBe(`usr_${hash}`);
  expect(issuedUserId('key', 'https://id.example.com', 'a')).not.toBe(
    issuedUserId('other', 'https://id.example.com', 'a'),
  );
  expect(issuedUserId('key', 'https://id.example.com', 'a')).toBe(
    issuedUserId('key', 'https://id.example.com', 'a'),
  );
  expect(issuedUserId('key', 'https://id.example.com', 'a')).not.toBe(
    issuedUserId('key', 'https://id.example.com', 'b'),
  );
  expect(issuedUserId('key', 'https://id.example.com', 'a')).not.toBe(
    issuedUserId('key', 'https://other.example.com', 'a'),
  );
  expect(issuedUserId('key', 'https://id.example.com', 'a')).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
});
