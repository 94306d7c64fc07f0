import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation, Message, Profile } from '../../shared/protocol/entities.ts';
import { type ChatSocket, newMessageId } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem, expectTellsNothing } from '../support/problem.ts';
import { roomyActions } from '../support/roomy-limits.ts';

let parley: Parley;
let alice: Person;
let bob: Person;
let socket: ChatSocket;
let id: string;
/** What is in the conversation, in order. */
const contents: string[] = [];

beforeAll(async () => {
  parley = await Parley.start({ environment: roomyActions });
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  id = await alice.dm(bob);
  socket = await alice.connect();
});
afterAll(() => parley?.close());

async function expectKept(content: string, as = content): Promise<void> {
  contents.push(as);
  expect((await socket.message(await socket.say(id, content))).content).toBe(as);
  const { body } = await bob.api.get<{ items: Message[] }>('/messages', { conversationId: id, limit: 1 });
  expect(body.items[0]?.content).toBe(as);
}

/** `json` is the text of a JSON string, so that it may hold what no encoder would write. */
async function expectRefused(json: string): Promise<void> {
  const fields = `"conversationId":"${id}","messageId":"${newMessageId()}","content":${json}`;
  socket.sendText(`{"action":"sendMessage",${fields}}`);
  const error = await socket.next('error');
  expect(error).toMatchObject({ code: 'BAD_REQUEST', action: 'sendMessage' });
  expectTellsNothing(error);
  expectProblem(await alice.api.raw('POST', '/messages', `{${fields}}`), 'BAD_REQUEST');
}

describe('content that is kept exactly', () => {
  test.each([
    ['line breaks and tabs', 'first\n\tsecond\n'],
    ['white space alone', ' '],
    ['right-to-left marks', 'abc \u200F\u202Eאבג\u202C\u2066 def\u2069 \u061C'],
    ['joined emoji', '👩‍👩‍👧‍👦 🏳️‍🌈 👋🏿'],
    ['many combining marks', `Z${'\u0335\u0336\u0337\u0338'.repeat(7)}algo`],
    ['a vowel sign drawn out', `नह${'\u0940'.repeat(100)}`],
    ['zero-width characters', 'a\u200B\u200C\u200D\u2060\uFEFFb'],
    ['noncharacters and private use', '\uFFFE\uFFFF\uE000\u{10FFFF}'],
    ['line separators', 'a\u2028b\u2029c'],
    ['quotes and backslashes', '"\\" \\u0000 \\n \' `'],
    ['what looks like a field', '{"__proto__": {"admin": true}}'],
  ])('%s', async (_, content) => {
    await expectKept(content);
  });

  test('but for its normal form', async () => {
    await expectKept('Cafe\u0301 \u212B', 'Caf\u00E9 \u00C5');
  });
});

describe('content that is refused', () => {
  test.each([
    ['NUL', '"spoken \\u0000 secret"'],
    ['a bell', '"spoken \\u0007 secret"'],
    ['a carriage return', '"spoken \\r secret"'],
    ['an escape', '"spoken \\u001b[31m secret"'],
    ['delete', '"spoken \\u007f secret"'],
    ['a C1 control', '"spoken \\u0085 secret"'],
    ['half an emoji, its first half', '"spoken \\ud83d secret"'],
    ['half an emoji, its second half', '"spoken \\udc4b secret"'],
    ['two halves in the wrong order', '"spoken \\udc4b\\ud83d secret"'],
    ['nothing', '""'],
    ['a stack of combining marks', `"Z${'\u0335\u0336\u0337\u0338'.repeat(8)}algo secret"`],
    ['as many combining marks as fit a frame', `"a${'\u0301'.repeat(8_000)}${'\u0323'.repeat(8_000)}"`],
  ])('%s', async (_, json) => {
    await expectRefused(json);
  });
});

describe('length', () => {
  test('8,000 characters are taken', () => expectKept('x'.repeat(8000)));
  test('8,001 are not', () => expectRefused(JSON.stringify('x'.repeat(8001))));
  test('8,000 of two bytes each are taken', () => expectKept('é'.repeat(8000)));
  test('8,000 after normalisation are taken', () => expectKept('e\u0301'.repeat(8000), 'é'.repeat(8000)));
  test('more than 8,000 after normalisation are not', () =>
    expectRefused(JSON.stringify('\u0958'.repeat(5000))));
  test('16 KiB in 4,096 astral characters are taken', () => expectKept('𝄞'.repeat(4096)));
  test('one more is not', () => expectRefused(JSON.stringify('𝄞'.repeat(4097))));
  test('8,000 astral characters are too many bytes', () => expectRefused(JSON.stringify('𝄞'.repeat(8000))));
});

test('what was kept is all there is', async () => {
  const { body } = await bob.api.get<{ items: Message[] }>('/messages', { conversationId: id, after: 0 });
  expect(body.items.map((message) => message.content)).toEqual(contents);
  expect(body.items.map((message) => message.seq)).toEqual(contents.map((_, index) => index + 1));
});

describe('names', () => {
  const displayName = (json: string) =>
    alice.api.raw<Profile>('PATCH', '/users/me', `{"displayName":${json}}`);
  const title = (json: string) =>
    alice.api.raw<Conversation>('POST', '/conversations', `{"type":"GROUP","memberIds":[],"title":${json}}`);

  test.each([
    ['NUL', '"a\\u0000b"'],
    ['a line break', '"a\\nb"'],
    ['a tab', '"a\\tb"'],
    ['a right-to-left override', '"a\\u202eb"'],
    ['a right-to-left mark', '"a\\u200fb"'],
    ['an isolate', '"a\\u2067b"'],
    ['a lone surrogate', '"a\\ud83d"'],
    ['nothing', '""'],
  ])('do not hold %s', async (_, json) => {
    expectProblem(await displayName(json), 'BAD_REQUEST');
    expectProblem(await title(json), 'BAD_REQUEST');
    const register = `{"username":"mallory","password":"correct horse","displayName":${json}}`;
    expectProblem(await parley.api().raw('POST', '/users', register), 'BAD_REQUEST');
  });

  test('are normalised, and counted in characters', async () => {
    expect((await displayName('"Zoe\\u0308"')).body.displayName).toBe('Zo\u00EB');
    expect((await title('"Cafe\\u0301"')).body.title).toBe('Caf\u00E9');
    expect((await title(JSON.stringify('🎉'.repeat(100)))).status).toBe(201);
    expectProblem(await title(JSON.stringify('🎉'.repeat(101))), 'BAD_REQUEST');
  });
});

describe('the logs', () => {
  test('tell no message, password or token', () => {
    expect(parley.logLines.length).toBeGreaterThan(20);
    expect(parley.leaks()).toEqual([]);
  });

  test('would be found to, if they did', () => {
    const lines = [`x ${alice.token} y`, `{"p":"${alice.password}"}`, 'spoken \\u0000 secret', 'harmless'];
    expect(parley.secrets.leaksIn(lines)).toEqual(lines.slice(0, 3));
  });
});
