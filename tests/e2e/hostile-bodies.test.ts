import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

let parley: Parley;
let alice: Person;
let bob: Person;
let id: string;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  id = await alice.group('Target', bob);
});
afterAll(() => parley?.close());

/** Every route that takes a body. */
const routes: [method: string, path: string][] = [
  ['POST', '/users'],
  ['POST', '/login'],
  ['PATCH', '/users/me'],
  ['PUT', '/users/me/password'],
  ['POST', '/conversations'],
  ['PATCH', '/conversations/ID'],
  ['POST', '/conversations/ID/members'],
  ['PATCH', '/conversations/ID/members/BOB'],
  ['PATCH', '/conversations/ID/settings'],
  ['PUT', '/conversations/ID/read'],
  ['POST', '/messages'],
];

describe.each(routes)('%s %s', (method, path) => {
  const send = (body: string | Uint8Array<ArrayBuffer> | undefined) =>
    alice.api.raw(method, path.replace('ID', id).replace('BOB', bob.id), body);

  test.each<[what: string, body: string | undefined]>([
    ['no body', undefined],
    ['an empty body', ''],
    ['prose', 'this is no JSON at all'],
    ['half an object', '{"title":"Half an obj'],
    ['null', 'null'],
    ['a number', '7'],
    ['a text', '"title"'],
    ['a list', '[]'],
    ['a list of objects', '[{"title":"In a list"}]'],
    ['a form', 'title=A+form&username=mallory'],
    ['a hundred thousand lists', '['.repeat(100_000)],
    ['deeply nested fields', `{"title":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
  ])('refuses %s', async (_, body) => {
    expectProblem(await send(body), 'BAD_REQUEST');
  });

  test('refuses bytes that are no UTF-8', async () => {
    const bytes = Uint8Array.from([0x7b, 0x22, 0xc3, 0x28, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]);
    expectProblem(await send(bytes), 'BAD_REQUEST');
  });

  test('refuses a megabyte', async () => {
    expectProblem(await send(`{"title":"${'long body '.repeat(100_000)}"}`), 'PAYLOAD_TOO_LARGE');
  });
});

test('the longest message fits, however it is escaped', async () => {
  const messageId = 'escaped-as-long-as-can-be';
  const content = '\\u00e9'.repeat(8000);
  const body = `{"conversationId":"${id}","messageId":"${messageId}","content":"${content}"}`;
  expect((await alice.api.raw('POST', '/messages', body)).status).toBe(202);
  const socket = await bob.connect();
  await socket.message(await (await alice.connect()).say(id, 'After it'));
  const { body: page } = await bob.api.get<{ items: { content: string }[] }>('/messages', {
    conversationId: id,
  });
  expect(page.items.map((message) => message.content)).toEqual(['é'.repeat(8000), 'After it']);
});

describe('routes that take no body', () => {
  test.each([
    ['POST', '/token'],
    ['GET', '/users/me'],
  ])('%s %s work without one', async (method, path) => {
    expect((await alice.api.raw(method, path, undefined)).status).toBe(200);
  });
});

test('the group is as it was', async () => {
  expect((await alice.api.get(`/conversations/${id}`)).body).toMatchObject({
    title: 'Target',
    memberCount: 2,
    pinned: false,
    role: 'admin',
  });
});

test('no log line tells what was sent', () => {
  expect(parley.leaks()).toEqual([]);
});
