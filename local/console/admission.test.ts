import { expect, test } from 'vitest';
import { isLocalVisitor, isSameOrigin } from './admission.ts';

const host = 'localhost:8787';

test.each(['127.0.0.1', '127.0.0.53', '::1', '::ffff:127.0.0.1'])('%s is this machine', (remoteAddress) => {
  expect(isLocalVisitor({ remoteAddress, headers: { host } })).toBe(true);
});

test.each([undefined, '', '192.168.1.7', '10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', '127.0.0.1.example'])(
  '%s is not',
  (remoteAddress) => {
    expect(isLocalVisitor({ remoteAddress, headers: { host } })).toBe(false);
  },
);

test.each([
  'evil.example',
  'evil.example:8787',
  'localhost.evil.example:8787',
  '127.0.0.1.nip.io:8787',
  '192.168.1.7:8787',
  'user@localhost:8787',
  '',
])('a page that calls this machine "%s" is refused: its name was rebound', (name) => {
  expect(isLocalVisitor({ remoteAddress: '127.0.0.1', headers: { host: name } })).toBe(false);
});

test.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-host'])(
  'what a proxy passes on with %s comes from elsewhere',
  (name) => {
    const headers = { host, [name]: '203.0.113.9' };
    expect(isLocalVisitor({ remoteAddress: '127.0.0.1', headers })).toBe(false);
  },
);

test.each([
  [{ host }, true],
  [{ host, 'sec-fetch-site': 'same-origin' }, true],
  [{ host, 'sec-fetch-site': 'none' }, true],
  [{ host, origin: `http://${host}` }, true],
  [{ host, 'sec-fetch-site': 'same-site' }, false],
  [{ host, 'sec-fetch-site': 'cross-site' }, false],
  [{ host, origin: 'http://localhost:3000' }, false],
  [{ host, origin: 'null' }, false],
])('%o is of the same origin: %s', (headers, same) => {
  expect(isSameOrigin({ remoteAddress: '127.0.0.1', headers })).toBe(same);
});
