import { describe, expect, test } from 'vitest';
import { checkOfClients, checkOfStores, drawAccessKeyId } from './loopback-guard.ts';

const host = '127.0.0.1:4321';
const signed = (accessKeyId: string) =>
  `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261124/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0`;

test('the key of a start is one that AWS clients take, and no other start’s', () => {
  expect(drawAccessKeyId()).toMatch(/^\w{16,128}$/);
  expect(drawAccessKeyId()).not.toBe(drawAccessKeyId());
});

describe('a store', () => {
  const key = drawAccessKeyId();
  const check = checkOfStores(key);
  const authorization = signed(key);

  test.each([
    { host, authorization },
    { host: 'localhost:4321', authorization },
    { host: '[::1]:4321', authorization },
    { host, authorization, 'sec-fetch-site': 'none' },
  ])('serves %o', (headers) => {
    expect(check(headers)).toBeUndefined();
  });

  test.each([
    ['machine', { host: 'rebind.example:4321', authorization }],
    ['machine', { host: 'localhost.example', authorization }],
    ['machine', { authorization }],
    ['web page', { host, authorization, origin: 'http://evil.example' }],
    ['web page', { host, authorization, origin: `http://${host}` }],
    ['web page', { host, authorization, origin: 'null' }],
    ['web page', { host, authorization, 'sec-fetch-site': 'cross-site' }],
    ['web page', { host, authorization, 'sec-fetch-site': 'same-site' }],
    ['accessKeyId of endpoints.json', { host }],
    ['accessKeyId of endpoints.json', { host, authorization: signed('local') }],
    ['accessKeyId of endpoints.json', { host, authorization: signed(drawAccessKeyId()) }],
    ['accessKeyId of endpoints.json', { host, authorization: signed(`${key}0`) }],
    ['accessKeyId of endpoints.json', { host, authorization: `Bearer ${key}` }],
    ['accessKeyId of endpoints.json', { host, authorization: `x${authorization}` }],
  ])('refuses for its %s: %o', (reason, headers) => {
    expect(check(headers)).toContain(reason);
  });
});

describe('the port of both APIs', () => {
  const friend = 'http://localhost:5173';
  const check = checkOfClients('127.0.0.1', (origin) => origin === friend);
  const own = 'localhost:8787';
  const navigation = {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  };

  test.each([
    ['GET', { host: own }],
    ['GET', { host: '127.0.0.1:8787' }],
    ['POST', { host: '[::1]:8787' }],
    ['POST', { host: own, origin: `http://${own}`, 'sec-fetch-site': 'same-origin' }],
    ['GET', { host: own, 'sec-fetch-site': 'none' }],
    ['GET', { host: own, 'sec-fetch-site': 'same-origin' }],
    ['GET', { host: own, ...navigation }],
    ['OPTIONS', { host: own, origin: friend, 'sec-fetch-site': 'same-site' }],
  ])('serves %s %o', (method, headers) => {
    expect(check(headers, method)).toBeUndefined();
  });

  test.each([
    ['GET', { host: 'rebind.example:8787' }],
    ['GET', { host: '192.168.1.7:8787' }],
    ['GET', { host: 'rebind.example:8787', origin: 'http://rebind.example:8787' }],
    ['GET', { host: 'rebind.example:8787', origin: friend }],
    ['GET', {}],
  ])('goes by no other name: %s %o', (method, headers) => {
    expect(check(headers, method)).toContain('http://localhost');
  });

  test.each([
    ['POST', { host: own, origin: 'http://evil.example' }],
    ['POST', { host: own, origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }],
    ['POST', { host: own, origin: 'null', ...navigation }],
    [
      'GET',
      { host: own, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    ],
    ['GET', { host: own, ...navigation, 'sec-fetch-dest': 'iframe' }],
    ['POST', { host: own, ...navigation }],
  ])('lets no page of another origin in: %s %o', (method, headers) => {
    expect(check(headers, method)).toContain('corsOrigins');
  });

  test.each([
    ['parley.test', 'parley.test:8787', true],
    ['parley.test', 'Parley.Test', true],
    ['parley.test', 'localhost:8787', true],
    ['parley.test', 'rebind.example:8787', false],
    ['192.168.1.7', '192.168.1.7:8787', true],
    ['192.168.1.7', '192.168.1.8:8787', false],
    ['fd00::7', '[fd00::7]:8787', true],
    // A name can be made to point here, an address cannot.
    ['0.0.0.0', '192.168.1.7:8787', true],
    ['::', '[fd00::7]:8787', true],
    ['0.0.0.0', 'rebind.example:8787', false],
  ])('with HOST=%s, %s: %s', (listening, named, welcome) => {
    const reason = checkOfClients(listening, () => false)({ host: named }, 'GET');
    expect(reason === undefined).toBe(welcome);
  });
});
