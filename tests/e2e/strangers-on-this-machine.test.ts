/** The embedded runtime is nobody else's: no web page reads or writes it, and no other user of the machine. */
import { existsSync, readFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RuntimeAddresses } from '../../local/runtime.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

type Answer = { status: number; headers: IncomingHttpHeaders; body: string };
type Asked = { method?: string; headers?: Record<string, string>; body?: string };

/** `fetch` sets Host, Origin and Sec-Fetch-Site itself. */
function ask(url: string, { method = 'GET', headers = {}, body }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
    });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

let parley: Parley;
let addresses: RuntimeAddresses;
let alice: Person;
beforeAll(async () => {
  parley = await Parley.start();
  const file = join(parley.runtime.dataDirectory, 'endpoints.json');
  addresses = JSON.parse(readFileSync(file, 'utf8')); // The runtime writes it so.
  alice = await parley.register('alice');
});
afterAll(() => parley?.close());

const signedAs = (accessKeyId: string, service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261124/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  'x-amz-date': '20261124T000000Z',
});

type Store = { name: keyof RuntimeAddresses; service: string; asked: () => Asked & { path?: string } };
const json = (version: string, target: string, body: () => object) => () => ({
  method: 'POST',
  headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target },
  body: JSON.stringify(body()),
});
/** Of each what a stranger would like: to read the password hashes, to speak in another's name, to forge a token. */
const stores: Store[] = [
  {
    name: 'dynamodb',
    service: 'dynamodb',
    asked: json('1.0', 'DynamoDB_20120810.Scan', () => ({
      TableName: parley.runtime.tableNames['Credentials'],
    })),
  },
  {
    name: 'kinesis',
    service: 'kinesis',
    asked: json('1.1', 'Kinesis_20131202.PutRecord', () => ({
      StreamName: parley.runtime.physicalName('Messages'),
      PartitionKey: 'stranger',
      Data: Buffer.from('{}').toString('base64'),
    })),
  },
  {
    name: 'sqs',
    service: 'sqs',
    asked: json('1.0', 'AmazonSQS.ListQueues', () => ({})),
  },
  { name: 's3', service: 's3', asked: () => ({}) },
  {
    name: 'secretsManager',
    service: 'secretsmanager',
    asked: json('1.1', 'secretsmanager.GetSecretValue', () => ({
      SecretId: parley.runtime.physicalName('TokenSecret'),
    })),
  },
  {
    name: 'eventBridge',
    service: 'events',
    asked: json('1.1', 'AWSEvents.PutEvents', () => ({ Entries: [{ Source: 'stranger', Detail: '{}' }] })),
  },
  {
    name: 'connections',
    service: 'execute-api',
    asked: () => ({ method: 'POST', path: '/@connections/abc' }),
  },
];

describe.each(stores)('$name', ({ name, service, asked }) => {
  const call = (more: Record<string, string>) => {
    const { path = '', headers, ...rest } = asked();
    return ask(`${addresses[name]}${path}`, { ...rest, headers: { ...headers, ...more } });
  };
  const key = () => signedAs(addresses.accessKeyId, service);

  test('refuses whoever lacks the key of this start, and says where it is', async () => {
    for (const headers of [{}, signedAs('local', service), signedAs(`PARLEY${'0'.repeat(40)}`, service)]) {
      const answer = await call(headers);
      expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('endpoints.json') });
    }
  });

  test('refuses pages, even with the key', async () => {
    for (const headers of [
      { host: 'rebind.example:1234' },
      { origin: 'http://evil.example' },
      { origin: `http://localhost:8787` },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await call({ ...key(), ...headers });
      expect(answer.status).toBe(403);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  test('promises no page anything when a browser asks beforehand', async () => {
    const answer = await ask(addresses[name], {
      method: 'OPTIONS',
      headers: {
        origin: 'http://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,x-amz-target',
      },
    });
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((header) => header.startsWith('access-control-'))).toEqual([]);
  });

  test('of all that did nothing: with the key, the same request is served', async () => {
    const events = join(parley.runtime.dataDirectory, 'events.jsonl');
    if (name === 'eventBridge') expect(existsSync(events)).toBe(false);
    const answer = await call(key());
    // There is no such connection.
    expect(answer.status).toBe(name === 'connections' ? 410 : 200);
  });
});

describe('the port of both APIs', () => {
  const handshake = (headers: Record<string, string>) => ({
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.from('sixteen bytes of').toString('base64'),
      'sec-websocket-protocol': `parley.v1, bearer.${alice.token}`,
      ...headers,
    },
  });
  const login = { method: 'POST', body: JSON.stringify({ username: 'alice', password: 'guess' }) };

  test('goes by no name that was made to point here', async () => {
    const headers = { host: 'rebind.example:8787', authorization: `Bearer ${alice.token}` };
    for (const path of ['/', '/v1/health', '/v1/users/me', '/_local/', '/_local/api/tables', '/connect']) {
      const answer = await ask(parley.runtime.url + path, { headers });
      expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('http://localhost') });
    }
    expect(await ask(`${parley.runtime.url}/connect`, handshake({ host: 'rebind.example' }))).toMatchObject({
      status: 403,
      body: expect.stringContaining('http://localhost'),
    });
  });

  test('serves no page of another origin', async () => {
    for (const origin of ['http://evil.example', 'http://localhost:3000', 'null']) {
      const headers = { origin, 'content-type': 'application/json' };
      const answer = await ask(`${parley.runtime.url}/v1/login`, { ...login, headers });
      expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('corsOrigins') });
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
      expect(await ask(`${parley.runtime.url}/connect`, handshake({ origin }))).toMatchObject({
        status: 403,
      });
    }
    const embedded = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'no-cors',
      'sec-fetch-dest': 'script',
    };
    expect(await ask(`${parley.runtime.url}/v1/health`, { headers: embedded })).toMatchObject({
      status: 403,
    });
  });

  test('serves its own pages, and programs', async () => {
    const own = { origin: parley.runtime.url, 'sec-fetch-site': 'same-origin' };
    const headers = { ...own, 'content-type': 'application/json' };
    expect(await ask(`${parley.runtime.url}/v1/login`, { ...login, headers })).toMatchObject({ status: 401 });
    expect(await ask(`${parley.runtime.url}/v1/health`, {})).toMatchObject({ status: 200 });
    expect(await ask(`${parley.runtime.url}/connect`, handshake(own))).toMatchObject({ status: 101 });
    expect(await ask(`${parley.runtime.url}/connect`, handshake({}))).toMatchObject({ status: 101 });
  });
});
