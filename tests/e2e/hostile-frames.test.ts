import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ChatSocket, newMessageId } from '../support/chat-socket.ts';
import { within } from '../support/deadline.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectTellsNothing } from '../support/problem.ts';
import { roomyActions } from '../support/roomy-limits.ts';

const KiB = 1024;

let parley: Parley;
let alice: Person;
let bob: Person;
let id: string;
let socket: ChatSocket;
let said = 0;

beforeAll(async () => {
  parley = await Parley.start({ environment: roomyActions });
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  id = await alice.dm(bob);
  socket = await alice.connect();
});
// An over-size frame closes its socket.
beforeEach(async () => {
  if (!socket.isOpen) socket = await alice.connect();
});
afterAll(() => parley?.close());

/** The socket still does what it is for, and of all that was sent before only what may be stored is. */
async function expectUsable(): Promise<void> {
  said += 1;
  const content = `Proper message ${said}`;
  expect(await socket.message(await socket.say(id, content))).toMatchObject({ seq: said, content });
}

async function expectNothingStored(): Promise<void> {
  const { body } = await bob.api.get<{ items: unknown[] }>('/messages', { conversationId: id, after: 0 });
  expect(body.items).toHaveLength(said);
}

async function expectClosed(code: number): Promise<void> {
  expect((await within(socket.closed, () => 'the close of the socket')).code).toBe(code);
  await expectNothingStored();
  socket = await alice.connect();
  await expectUsable();
}

/** A frame that would be stored, if only it were not so long: white space between its fields makes up the length. */
function messageFrame(bytes: number, requestId: string): string {
  const fields = { action: 'sendMessage', requestId, conversationId: id, messageId: newMessageId() };
  const frame = JSON.stringify({ ...fields, content: 'A message in a long frame' });
  return frame.replace('{', `{${' '.repeat(bytes - frame.length)}`);
}

function fragments(text: string, size: number): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length; start += size) parts.push(text.slice(start, start + size));
  return parts;
}

describe('text that is no request', () => {
  test.each<[what: string, text: string]>([
    ['nothing', ''],
    ['white space', ' \n '],
    ['prose', 'hello there, this is no JSON'],
    ['half an object', '{"action":"heartbeat"'],
    ['an object and more', '{"action":"heartbeat"} trailing'],
    ['single quotes', "{'action':'heartbeat'}"],
    ['a comment', '/* */ {"action":"heartbeat"}'],
    ['a byte order mark', '\uFEFF{"action":"heartbeat"}'],
    ['null', 'null'],
    ['a number', '7'],
    ['NaN', '{"action":"heartbeat","requestId":NaN}'],
    ['a text', '"heartbeat"'],
    ['a list', '[{"action":"heartbeat"}]'],
    ['an empty list', '[]'],
    ['ten thousand lists', '['.repeat(10_000)],
    ['ten thousand lists, closed', '['.repeat(10_000) + ']'.repeat(10_000)],
    ['five thousand objects', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
    ['XML', '<action>heartbeat</action>'],
    ['a control character in JSON', '{"action":"heart\u0000beat"}'],
  ])('%s is BAD_REQUEST', async (_, text) => {
    socket.sendText(text);
    const error = await socket.next('error');
    expect(error).toMatchObject({ type: 'error', code: 'BAD_REQUEST', message: expect.stringMatching(/./) });
    expectTellsNothing(error);
  });

  test('deep nesting in a field that is known is BAD_REQUEST', async () => {
    const nested = `${'['.repeat(7000)}${']'.repeat(7000)}`;
    socket.sendText(`{"action":"sync","requestId":"deep","conversations":${nested}}`);
    expect(await socket.next('error')).toMatchObject({ code: 'BAD_REQUEST', requestId: 'deep' });
  });

  test('leaves the socket usable', expectUsable);
});

describe('binary frames', () => {
  test.each<[what: string, data: () => Uint8Array]>([
    ['with a request in them', () => Buffer.from('{"action":"heartbeat"}')],
    ['with anything', () => Buffer.from([0, 1, 2, 255])],
    ['that are empty', () => Buffer.alloc(0)],
  ])('%s close the socket with 1003', async (_, data) => {
    socket.sendBinary(data());
    await expectClosed(1003);
  });
});

describe('size', () => {
  test('a frame of 32 KiB is taken', async () => {
    socket.sendText(messageFrame(32 * KiB, 'just right'));
    expect(await socket.replyTo('just right')).toMatchObject({ type: 'ack' });
    said += 1;
    await expectUsable();
  });

  test.each([
    ['33 KB', 33 * KiB],
    ['129 KB', 129 * KiB],
    ['2 MB', 2 * KiB * KiB],
  ])('one frame of %s closes the socket with 1009', async (_, bytes) => {
    socket.sendText(messageFrame(bytes, 'too long'));
    await expectClosed(1009);
  });

  test.each([
    ['a byte more than 32 KiB', 32 * KiB + 1],
    ['33 KB', 33 * KiB],
    ['127 KB', 127 * KiB],
  ])('a message of %s in short frames is PAYLOAD_TOO_LARGE', async (_, bytes) => {
    socket.sendFragments(fragments(messageFrame(bytes, 'too large'), 16 * KiB));
    const error = await socket.next('error');
    expect(error).toMatchObject({ type: 'error', code: 'PAYLOAD_TOO_LARGE' });
    expectTellsNothing(error);
    await expectUsable();
    await expectNothingStored();
  });

  test('a message of 129 KB in short frames closes the socket with 1009', async () => {
    socket.sendFragments(fragments(messageFrame(129 * KiB, 'far too large'), 16 * KiB));
    await expectClosed(1009);
  });

  test('33 KB that are no request are an error too, and the socket stays usable', async () => {
    socket.sendFragments(fragments('not JSON '.repeat(4000), 16 * KiB));
    expect(await socket.next('error')).toMatchObject({
      code: expect.toBeOneOf(['PAYLOAD_TOO_LARGE', 'BAD_REQUEST']),
    });
    await expectUsable();
  });
});

test('no log line tells what was sent', () => {
  expect(parley.logLines.length).toBeGreaterThan(0);
  expect(parley.leaks()).toEqual([]);
});
