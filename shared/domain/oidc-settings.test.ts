import * as v from 'valibot';
import { expect, test } from 'vitest';
import { OidcSettings } from './oidc-settings.ts';

const accepts = (issuer: string, audience = 'chat') => v.is(OidcSettings, { issuer, audience });

test.each([
  'https://id.example.com',
  'https://id.example.com:8443/realms/chat',
  'http://localhost:8080',
  'http://localhost/realms/chat',
  'http://127.0.0.1:80',
  'http://[::1]:8080/',
])('%s may be an issuer', (issuer) => {
  expect(accepts(issuer)).toBe(true);
});

test.each([
  'http://id.example.com',
  'http://localhost.example.com',
  'http://localhost:port',
  'ftp://id.example.com',
  'id.example.com',
  ' https://id.example.com',
  'see https://id.example.com',
  'https://',
  'https:///realms',
  'https://id.example.com?tenant=1',
  'https://id.example.com/#top',
  'https://id.example.com/a b',
  'https://id.example.com/a?b',
  'http://localhost/a#b',
  'http://localhost:8080 and more',
])('%s is none', (issuer) => {
  expect(accepts(issuer)).toBe(false);
});

test('the audience is there, and nothing else is', () => {
  const issuer = 'https://id.example.com';
  expect([accepts(issuer, 'a'), accepts(issuer, 'a'.repeat(256))]).toEqual([true, true]);
  expect([accepts(issuer, ''), accepts(issuer, 'a'.repeat(257))]).toEqual([false, false]);
  expect(v.is(OidcSettings, { issuer })).toBe(false);
  expect(v.is(OidcSettings, { audience: 'chat' })).toBe(false);
  expect(v.is(OidcSettings, { issuer, audience: 'chat', other: 1 })).toBe(false);
});

test('tokens that do not say what they are count, unless the settings say otherwise', () => {
  const settings = { issuer: 'https://id.example.com', audience: 'chat' };
  expect(v.parse(OidcSettings, settings)).toEqual({ ...settings, tokens: 'access' });
  for (const tokens of ['at+jwt', 'access', 'access-and-id']) {
    expect(v.parse(OidcSettings, { ...settings, tokens })).toEqual({ ...settings, tokens });
  }
  for (const tokens of ['', 'id', null]) expect(v.is(OidcSettings, { ...settings, tokens })).toBe(false);
});
