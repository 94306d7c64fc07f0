/** The whole runtime over its own port: HTTP and sockets, down to bytes that no client's library would send. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import { routeDocuments } from '../../scripts/docs/http-routes.ts';
import { actionDocuments } from '../../scripts/docs/socket-messages.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { fuzz } from './support/fuzz.ts';
import { texts } from './support/hostile.ts';
import { mutated } from './support/mutations.ts';
import { TableContents } from './support/table-contents.ts';
import { unlimited } from './support/unlimited.ts';
import {
  byteChanges,
  closeFrame,
  exchange,
  headerChanges,
  type Line,
  rawFrames,
  requestBytes,
} from './support/wire.ts';

let parley: Parley;
let contents: TableContents;
/** A member of nothing, so that what she sends to the conversations of the examples is refused. */
let mallory: Person;
let people = 0;
let port: number;

beforeAll(async () => {
  parley = await Parley.start({ environment: { RATE_LIMIT_SETTINGS: unlimited } });
  const { endpoints, region, accessKeyId, tableNames } = parley.runtime;
  const client = new DynamoDBClient(emulatorClient(endpoints.dynamodb, { region, accessKeyId }));
  contents = new TableContents(client, tableNames);
  port = Number(new URL(parley.runtime.url).port);
  mallory = await someone();
});
afterAll(() => parley?.close());

/** A request may have ended her sessions. */
async function signedIn(): Promise<void> {
  if ((await mallory.api.get('/users/me')).status !== 200) mallory = await someone();
}

function someone(): Promise<Person> {
  people += 1;
  return parley.register(`mallory-${people}`);
}

/** Whatever came before, everybody else is served, and no function failed. */
async function expectUnharmed(): Promise<void> {
  expect((await parley.api().get('/health')).status).toBe(200);
  const failed = parley.invocations.filter(
    ({ functionError }) => functionError !== undefined && functionError.errorMessage !== 'Unauthorized',
  );
  expect(failed).toEqual([]);
}

const statusesOf = (answer: string) =>
  [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));

const paths = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '/',
      '//',
      '/v1',
      '/v1//users',
      '/v1/%',
      '/v1/users/%00',
      '/v1/%2e%2e/%2e%2e/etc/passwd',
      '/connect?token=x',
      '/_local/api/tables',
      '/_aws/connections-api/@connections/x',
      '*',
      'http://evil.example/v1/users',
    ),
  },
  {
    weight: 1,
    arbitrary: texts.map((text) => `/v1/${encodeURIComponent(text.slice(0, 500).toWellFormed())}`),
  },
);

const handshake: Line[] = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];
const requests = fc.oneof(
  ...Object.entries(routeDocuments).flatMap(([routeKey, { body }]) => {
    // What an erasure still does afterwards would be taken for another request's doing: functions.test.ts tries it.
    if (routeKey === 'DELETE /users/me') return [];
    const [method = '', path = ''] = routeKey.replaceAll(/\{\w+\}/g, 'cnv_x').split(' ');
    const example = body === undefined ? fc.constant('') : mutated(Object(body.example), limits.bodyBytes);
    return [
      fc.record({
        method: fc.constant(method),
        path: fc.constant(`/v1${path}`),
        body: example,
        more: fc.constant<Line[]>([]),
      }),
    ];
  }),
  fc.record({
    method: fc.constant('GET'),
    path: fc.constant('/connect'),
    body: fc.constant(''),
    more: fc.constant(handshake),
  }),
);

fuzz(
  'any bytes as a request',
  { share: 0.1, runs: 60 },
  fc.tuple(requests, paths, headerChanges, byteChanges),
  async ([{ method, path, body, more }, otherPath, changeHeaders, changeBytes]) => {
    await signedIn();
    await contents.remember();
    const headers: Line[] = [
      ['Host', `localhost:${port}`],
      ['Authorization', `Bearer ${mallory.token}`],
      ['Sec-WebSocket-Protocol', `parley.v1, bearer.${mallory.token}`],
      ['Content-Type', 'application/json'],
      ...(body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body))] satisfies Line]),
      ...(more.length > 0 ? more : [['Connection', 'close'] satisfies Line]),
    ];
    const bytes = changeBytes(
      requestBytes(`${method} ${otherPath ?? path} HTTP/1.1`, changeHeaders(headers), body),
    );
    const answer = await exchange(port, bytes);
    const statuses = statusesOf(answer);
    for (const status of statuses) expect(status, answer.slice(0, 500)).toBeLessThan(500);
    expect(answer).not.toContain(mallory.password);
    // Without an answer it may have been accepted all the same.
    if (statuses.length === 0 || statuses.some((status) => status < 400)) {
      contents.forget();
      await signedIn();
    } else expect(await contents.changes()).toEqual([]);
    await expectUnharmed();
  },
  ([{ method, path, body }, otherPath, changeHeaders, changeBytes]) =>
    changeBytes(
      requestBytes(
        `${method} ${otherPath ?? path} HTTP/1.1`,
        changeHeaders([['Connection', 'close'], ...more(path)]),
        body,
      ),
    ).toString('latin1'),
);

function more(path: string): Line[] {
  return path === '/connect' ? handshake : [];
}

fuzz(
  'any frames on a socket that is open',
  { share: 0.1, runs: 30 },
  fc.array(rawFrames, { minLength: 1, maxLength: 4 }),
  async (frames) => {
    await signedIn();
    const head = requestBytes(
      'GET /connect HTTP/1.1',
      [
        ['Host', `localhost:${port}`],
        ...handshake,
        ['Sec-WebSocket-Protocol', `parley.v1, bearer.${mallory.token}`],
      ],
      '',
    );
    await contents.remember();
    // The frames follow before the handshake is answered, as from a client that does not wait.
    const answer = await exchange(port, Buffer.concat([head, ...frames, closeFrame]), true);
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).not.toMatch(/INTERNAL|UNAVAILABLE|Internal server error/);
    expect(await contents.changes()).toEqual([]);
    await expectUnharmed();
  },
  (frames) => frames.map((frame) => frame.toString('latin1')),
);

fuzz(
  'any text on a socket that goes on',
  { share: 0.1, runs: 30 },
  fc.oneof(
    ...Object.values(actionDocuments).map(({ frame }) => mutated({ ...frame.example }, limits.frameBytes)),
  ),
  async (text) => {
    await signedIn();
    const socket = await mallory.connect();
    await contents.remember();
    // Of more than 32 KiB the gateway closes the socket: hostile-frames.test.ts says how.
    socket.sendText(Buffer.from(text).subarray(0, 32_000).toString());
    await socket.heartbeat();
    expect(JSON.stringify(socket.received)).not.toMatch(/INTERNAL|UNAVAILABLE|Internal server error/);
    expect(await contents.changes()).toEqual([]);
    await socket.close();
    await expectUnharmed();
  },
);

test('the gateways themselves failed nowhere', () => {
  const failures = parley.logLines.filter(
    (line) => line.startsWith('{"apiId"') && !line.includes('Unauthorized'),
  );
  expect(failures.filter((line) => !/"cause":"[^"]*(40\d|is missing|identity)/.test(line))).toEqual([]);
});
