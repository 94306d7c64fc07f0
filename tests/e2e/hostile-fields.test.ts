import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChatSocket, newMessageId } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem, expectTellsNothing } from '../support/problem.ts';
import { roomyActions } from '../support/roomy-limits.ts';

let parley: Parley;
let alice: Person;
let socket: ChatSocket;
let id: string;

beforeAll(async () => {
  parley = await Parley.start({ environment: roomyActions });
  alice = await parley.register('alice');
  id = await alice.group('Target');
  socket = await alice.connect();
});
afterAll(async () => {
  await parley?.close();
});

async function expectNothingStored(): Promise<void> {
  const answer = await alice.api.get<{ items: unknown[] }>('/messages', { conversationId: id });
  expect(answer.body.items).toEqual([]);
}

/** The same message as frame and as body, with one field as given: JSON text, so that it may be anything. */
function messageText(field: string, value: string): { frame: string; body: string } {
  const fields = new Map(
    Object.entries({ conversationId: id, messageId: newMessageId(), content: 'Well-formed content' }).map(
      ([name, text]) => [name, JSON.stringify(text)],
    ),
  );
  fields.set(field, value);
  const body = [...fields].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join();
  return { frame: `{"action":"sendMessage",${body}}`, body: `{${body}}` };
}

async function expectMalformed({ frame, body }: { frame: string; body: string }): Promise<void> {
  socket.sendText(frame);
  const error = await socket.next('error');
  expect(error).toMatchObject({ type: 'error', code: 'BAD_REQUEST', action: 'sendMessage' });
  expectTellsNothing(error);
  expectProblem(await alice.api.raw('POST', '/messages', body), 'BAD_REQUEST');
}

describe.each(['conversationId', 'messageId', 'content', 'type', 'replyTo'])(
  'a %s of the wrong type',
  (field) => {
    const wrong = ['null', 'true', '1.5', '-1', '[]', '{}', '["text"]', '{"S":"text"}', '1e999', '""'];

    test.each(wrong)('%s', async (value) => {
      await expectMalformed(messageText(field, value));
    });
  },
);

describe('fields nobody asked for', () => {
  const names = [
    'extra',
    'Content',
    'content ',
    '',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
  ];

  test.each(names)('"%s" in a message', async (name) => {
    await expectMalformed(messageText(name, '{"role":"admin"}'));
  });

  test.each(names)('"%s" in what is nested', async (name) => {
    const entry = `{"conversationId":"${id}","afterSeq":0,${JSON.stringify(name)}:1}`;
    socket.sendText(`{"action":"sync","conversations":[${entry}]}`);
    expect(await socket.next('error')).toMatchObject({ code: 'BAD_REQUEST', action: 'sync' });
  });

  test.each(names)('"%s" in other bodies', async (name) => {
    const fields = `${JSON.stringify(name)}:{"isAdmin":true}`;
    for (const [method, path] of [
      ['PATCH', '/users/me'],
      ['PATCH', `/conversations/${id}`],
      ['PATCH', `/conversations/${id}/settings`],
    ] as const) {
      expectProblem(await alice.api.raw(method, path, `{${fields}}`), 'BAD_REQUEST');
    }
    const register = `{"username":"mallory","password":"correct horse","${name.trim()}x":1,${fields}}`;
    expectProblem(await parley.api().raw('POST', '/users', register), 'BAD_REQUEST');
  });

  test('leave no trace in what others see', async () => {
    const { body } = await alice.api.get<Record<string, unknown>>('/users/me');
    expect(body).toEqual(alice.user);
    expect(body['isAdmin']).toBeUndefined();
    const mallory = await alice.api.get('/users', { username: 'mallory' });
    expect(mallory.body).toEqual({ users: [] });
  });
});

/** Each means something to some store, shell or template; none is an id. */
const expressions = [
  "' OR 1=1--",
  '"; DROP TABLE Users;--',
  '#n',
  ':v',
  '\x24{x}',
  '$(id)',
  '{{7*7}}',
  '../../users/me',
  'cnv_a#b',
  'a b',
  'a\u0000b',
  'a\nb',
  '*',
  'cnv_é',
  'x'.repeat(300),
  '{"$ne":null}',
  'attribute_exists(userId)',
];

describe.each(expressions)('%j is no id', (text) => {
  test('over the socket', async () => {
    const send = {
      action: 'sendMessage',
      conversationId: id,
      messageId: newMessageId(),
      content: 'Well-formed',
    };
    for (const frame of [
      { ...send, conversationId: text },
      { ...send, messageId: text },
      { action: 'markRead', conversationId: text, seq: 1 },
      { action: 'sync', conversations: [{ conversationId: text, afterSeq: 0 }] },
    ]) {
      const error = await socket.request(frame, 'error');
      expect(error).toMatchObject({ code: 'BAD_REQUEST', action: frame.action });
      expectTellsNothing(error);
    }
  });

  test('over HTTP', async () => {
    const part = encodeURIComponent(text);
    const requests: [method: string, path: string, body?: object][] = [
      ['GET', `/conversations/${part}`],
      ['GET', `/conversations/${part}/members`],
      ['PUT', `/conversations/${part}/read`, { seq: 1 }],
      ['DELETE', `/conversations/${id}/members/${part}`],
      ['GET', `/messages?conversationId=${part}`],
      ['GET', `/conversations?cursor=${part}`],
      ['GET', `/conversations/${id}/members?cursor=${part}`],
      ['GET', `/users?ids=${part}`],
      ['POST', '/conversations', { type: 'DM', memberIds: [text] }],
      ['POST', '/conversations', { type: 'GROUP', title: 'T', memberIds: [], createId: text }],
      ['POST', `/conversations/${id}/members`, { userIds: [text] }],
    ];
    for (const [method, path, body] of requests) {
      const answer = await alice.api.call(method, path, body);
      // A path that names nothing may also be said not to exist.
      expect(answer.status, `${method} ${path}`).toBeOneOf([400, 404]);
      expectProblem(answer, answer.status === 400 ? 'BAD_REQUEST' : 'NOT_FOUND');
    }
  });

  test('nor a username', async () => {
    const answer = await parley.api().post('/login', { username: text, password: 'correct horse' });
    expect(answer.status).toBeOneOf([400, 401]);
    const register = { username: text, password: 'correct horse' };
    expectProblem(await parley.api().post('/users', register), 'BAD_REQUEST');
    const query = new URLSearchParams({ username: text });
    expectProblem(await alice.api.get('/users', query), 'BAD_REQUEST');
  });
});

test('nothing of all this was stored, and the socket stays usable', async () => {
  await expectNothingStored();
  // As content, such text is a message like any other.
  for (const [index, text] of [
    "' OR 1=1--",
    '#n = :v',
    '\x24{x} {{7*7}}',
    '<script>alert(1)</script>',
  ].entries()) {
    expect(await socket.message(await socket.say(id, text))).toMatchObject({ seq: index + 1, content: text });
  }
});

test('no log line tells a token, a password or a message', () => {
  expect(parley.leaks()).toEqual([]);
});
