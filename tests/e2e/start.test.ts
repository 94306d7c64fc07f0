import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { failedStart, interruptedStart, processesWith, StartedParley } from '../support/started-parley.ts';

type Conversation = { conversationId: string; type: string; title: string | null; lastSeq: number };
type Message = { seq: number; messageId: string; content: string; senderId: string };
type SignedIn = { user: { userId: string }; token: string };

let folder: string;
let parley: StartedParley | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-start-'));
});
afterEach(async () => {
  await parley?.stop('SIGKILL');
  parley = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

async function call<T>(method: string, path: string, token?: string, body?: object): Promise<T> {
  const response = await fetch(`${parley?.url}/v1${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T; // As docs/protocol.md says; what differs fails an expectation.
}

const logIn = (username: string) =>
  call<SignedIn>('POST', '/login', undefined, { username, password: 'parley-demo' });
const inboxOf = async (token: string) =>
  (await call<{ items: Conversation[] }>('GET', '/conversations', token)).items;
const messagesOf = async (token: string, id: string) =>
  (await call<{ items: Message[] }>('GET', `/messages?conversationId=${id}&after=0&limit=100`, token)).items;

// Several starts one after another, each with its build, synthesis and password hashes.
const severalStarts = { timeout: 120_000 };

describe('npm start', severalStarts, () => {
  test('says how to reach it, and what it prints works', async () => {
    parley = await StartedParley.start(join(folder, 'demo'));
    expect(await (await fetch(parley.url)).text()).toContain('<title>Parley</title>');
    expect(parley.console).toContain('alice, bob, carol (password: parley-demo)');

    const line = /^npx wscat -c (\S+) -s (\S+) -s (\S+)$/m.exec(parley.console);
    const socket = new WebSocket(line?.[1] ?? '', [line?.[2] ?? '', line?.[3] ?? '']);
    await once(socket, 'open');
    expect(socket.protocol).toBe('parley.v1');
    const frames: { type: string; messages?: Message[] }[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(String(data))));
    socket.send(/^\{"action":.*$/m.exec(parley.console)?.[0] ?? '');
    while (frames.length < 2) await once(socket, 'message');
    expect(frames.map(({ type }) => type).sort()).toEqual(['ack', 'message']);
    expect(frames.find(({ type }) => type === 'message')?.messages?.[0]).toMatchObject({
      seq: 4,
      content: 'Hello Bob',
    });
    socket.close();

    const { token } = await logIn('bob');
    const inbox = await inboxOf(token);
    expect(inbox.map(({ type, title }) => ({ type, title }))).toEqual([
      { type: 'DM', title: null },
      { type: 'GROUP', title: 'Weekend hike' },
    ]);
  });

  test('again keeps users, conversations, messages and tokens; the signal that ends it ends every process', async () => {
    const data = join(folder, 'kept');
    parley = await StartedParley.start(data);
    const before = await logIn('carol');
    const inbox = await inboxOf(before.token);
    const messages = await messagesOf(before.token, inbox[0]?.conversationId ?? '');
    expect(messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(await parley.stop('SIGINT')).toBe(0);
    expect(processesWith(data)).toEqual([]);

    parley = await StartedParley.start(data);
    expect(await inboxOf(before.token)).toEqual(inbox);
    expect(await messagesOf(before.token, inbox[0]?.conversationId ?? '')).toEqual(messages);
    expect(parley.console).toContain('npx wscat');
    expect(await parley.stop('SIGTERM')).toBe(0);

    parley = await StartedParley.start(data, ['--fresh']);
    await expect(inboxOf(before.token)).rejects.toThrow('401');
    expect(await inboxOf((await logIn('carol')).token)).toHaveLength(1);
  });
});

describe('kill -9 of the runtime and of its children', severalStarts, () => {
  test('loses no acknowledged message', async () => {
    const data = join(folder, 'killed');
    parley = await StartedParley.start(data);
    const people = await Promise.all(['alice', 'bob', 'carol'].map(logIn));
    const group = (await inboxOf(people[2]?.token ?? '')).find(({ type }) => type === 'GROUP');
    const conversationId = group?.conversationId ?? '';

    const acknowledged: string[] = [];
    const sending = people.map(async ({ token }, sender) => {
      for (let index = 0; ; index++) {
        const messageId = `kill-${sender}-${index}`;
        await call('POST', '/messages', token, { conversationId, messageId, content: messageId });
        acknowledged.push(messageId);
        // Right after an acknowledgement: what it promises is most likely not yet stored.
        if (acknowledged.length === 20) await parley?.killAll();
      }
    });
    await Promise.allSettled(sending);
    // The children of a killed runtime notice that it is gone.
    await expect.poll(() => processesWith(data)).toEqual([]);

    parley = await StartedParley.start(data);
    const token = people[0]?.token ?? '';
    let stored: Message[] = [];
    while (!acknowledged.every((id) => stored.some(({ messageId }) => messageId === id))) {
      stored = await messagesOf(token, conversationId);
    }
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
    expect(new Set(stored.map(({ messageId }) => messageId)).size).toBe(stored.length);
    for (const sender of [0, 1, 2]) {
      const order = stored.flatMap(({ messageId }) => {
        const match = new RegExp(`^kill-${sender}-(\\d+)$`).exec(messageId);
        return match === null ? [] : [Number(match[1])];
      });
      expect(order).toEqual(order.map((_, index) => index));
    }
  });
});

describe('an end that nobody asked for', severalStarts, () => {
  test('of the emulator ends Parley too, with one line', async () => {
    parley = await StartedParley.start(join(folder, 'demo'));
    let stderr = '';
    parley.process.stderr?.on('data', (text) => {
      stderr += text;
    });
    const closed = once(parley.process, 'close');
    process.kill(parley.emulatorPid, 'SIGKILL');
    expect((await closed)[0]).toBe(1);
    expect(stderr).toBe('Parley: The DynamoDB emulator ended (SIGKILL)\n');
  });

  test('while it is starting leaves no process behind', async () => {
    const data = join(folder, 'interrupted');
    const { code } = await interruptedStart(data, 'SIGINT', () => existsSync(join(data, 'dynamodb.pid')));
    expect(code).toBe(0);
    while (processesWith(data).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

describe('a start that cannot work is one clear line and exit code 1', severalStarts, () => {
  const oneLine = (line: RegExp) => ({ code: 1, stdout: '', stderr: expect.stringMatching(line) });

  test('a taken port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const outcome = await failedStart({ PORT: port, PARLEY_DATA: join(folder, 'port') });
    server.close();
    expect(outcome).toEqual(
      oneLine(
        new RegExp(
          `^Parley: Port ${port} on 127.0.0.1 is already in use: stop what uses it, or set PORT.*\\n$`,
        ),
      ),
    );
  });

  test('a data folder that another Parley uses', async () => {
    const data = join(folder, 'demo');
    parley = await StartedParley.start(data);
    const outcome = await failedStart({ PORT: '0', PARLEY_DATA: data });
    expect(outcome).toEqual(
      oneLine(
        new RegExp(
          `^Parley: The data folder ${data} is in use by another Parley \\(process ${parley.process.pid}\\).*\\n$`,
        ),
      ),
    );
  });

  test('a data folder that cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const outcome = await failedStart({ PORT: '0', PARLEY_DATA: join(folder, 'file', 'data') });
    expect(outcome).toEqual(oneLine(/^Parley: Cannot write to the data folder .*\n$/));
  });

  test('a missing emulator', async () => {
    const outcome = await failedStart({
      PORT: '0',
      PARLEY_DATA: join(folder, 'missing'),
      PARLEY_DYNOXIDE: '/nowhere/dynoxide',
    });
    expect(outcome).toEqual(oneLine(/^Parley: PARLEY_DYNOXIDE names \/nowhere\/dynoxide, .*\n$/));
  });

  test('settings that make no sense', async () => {
    const data = { PARLEY_DATA: join(folder, 'settings') };
    expect(await failedStart({ ...data, PORT: 'eight' })).toEqual(
      oneLine(/^Parley: PORT must be a number.*\n$/),
    );
    expect(await failedStart({ ...data, PORT: '0', HOST: '203.0.113.1' })).toEqual(
      oneLine(/^Parley: This machine has no address 203\.0\.113\.1.*\n$/),
    );
    expect(await failedStart(data, ['--frsh'])).toEqual(oneLine(/^Parley: Unknown option '--frsh'.*\n$/));
  });
});
