import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeFileAtomically } from './emulators/atomic-file.ts';

/** For people trying Parley out on their own machine; printed at each start. */
export const DEMO_PASSWORD = 'parley-demo';
export const DEMO_USERNAMES = ['alice', 'bob', 'carol'] as const;
type Username = (typeof DEMO_USERNAMES)[number];

const DISPLAY_NAMES: Record<Username, string> = { alice: 'Alice', bob: 'Bob', carol: 'Carol' };

export type Demo = {
  /** A fresh token of alice. */
  token: string;
  /** The conversation of alice and bob. */
  conversationId: string;
};

type Account = { user: { userId: string }; token: string };
type State = { state: 'being made' } | { state: 'made'; conversationId: string };

const STORED_LIMIT_MS = 5000;

/**
 * Three users with a conversation of two and one of three, made through the public HTTP API in an empty data folder. In
 * any other one it only logs alice in, if the demo was made there and she still has its password.
 */
export async function prepareDemo(runtime: {
  url: string;
  dataDirectory: string;
  startedEmpty: boolean;
}): Promise<Demo | undefined> {
  const file = join(runtime.dataDirectory, 'demo.json');
  const api = new DemoApi(`${runtime.url}/v1`);
  const state = readState(file);
  if (state?.state === 'made') {
    const alice = await api.logIn('alice');
    return alice && { token: alice.token, conversationId: state.conversationId };
  }
  if (!runtime.startedEmpty && state === undefined) return undefined;

  // A start that was broken off here is gone on with by the next one.
  writeFileAtomically(file, JSON.stringify({ state: 'being made' } satisfies State));
  const demo = await makeDemo(api);
  writeFileAtomically(
    file,
    JSON.stringify({ state: 'made', conversationId: demo.conversationId } satisfies State),
  );
  return demo;
}

async function makeDemo(api: DemoApi): Promise<Demo> {
  const [alice, bob, carol] = await Promise.all([
    api.register('alice'),
    api.register('bob'),
    api.register('carol'),
  ]);
  const direct = await api.converse(alice, { type: 'DM', memberIds: [bob.user.userId] });
  const group = await api.converse(alice, {
    type: 'GROUP',
    title: 'Weekend hike',
    memberIds: [bob.user.userId, carol.user.userId],
    createId: 'demo-group',
  });
  const script: [Account, string, string][] = [
    [alice, direct, 'Hi Bob, is the new chat up?'],
    [bob, direct, 'It is. I sent this over HTTP, and you got it over your socket.'],
    [alice, direct, 'Then let us plan the weekend in the group.'],
    [alice, group, 'Who joins on Saturday?'],
    [carol, group, 'I do, if we start after nine.'],
    [bob, group, 'Count me in.'],
  ];
  for (const [index, [sender, conversationId, content]] of script.entries()) {
    await api.send(sender, { conversationId, messageId: `demo-${index + 1}`, content });
  }
  await Promise.all([api.untilStored(alice, direct, 3), api.untilStored(alice, group, 3)]);
  return { token: alice.token, conversationId: direct };
}

/** The few calls of the HTTP API that the demo makes. */
class DemoApi {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  /** Where a broken-off start has registered the user, the password is the same. */
  async register(username: Username): Promise<Account> {
    const body = { username, password: DEMO_PASSWORD, displayName: DISPLAY_NAMES[username] };
    const response = await this.#call('POST', '/users', { body });
    if (response.status !== 409) return this.#answer<Account>(response);
    const account = await this.logIn(username);
    if (account === undefined) throw new Error(`The demo user ${username} exists with another password`);
    return account;
  }

  async logIn(username: Username): Promise<Account | undefined> {
    const response = await this.#call('POST', '/login', { body: { username, password: DEMO_PASSWORD } });
    return response.ok ? this.#answer<Account>(response) : undefined;
  }

  async converse(caller: Account, body: object): Promise<string> {
    const response = await this.#call('POST', '/conversations', { caller, body });
    return (await this.#answer<{ conversationId: string }>(response)).conversationId;
  }

  async send(caller: Account, body: object): Promise<void> {
    await this.#answer(await this.#call('POST', '/messages', { caller, body }));
  }

  async untilStored(caller: Account, conversationId: string, count: number): Promise<void> {
    const deadline = Date.now() + STORED_LIMIT_MS;
    for (;;) {
      const response = await this.#call('GET', `/messages?conversationId=${conversationId}`, { caller });
      const { items } = await this.#answer<{ items: unknown[] }>(response);
      if (items.length >= count) return;
      if (Date.now() > deadline)
        throw new Error('The demo messages were accepted, but are not stored after 5 s');
      await delay(20);
    }
  }

  #call(method: string, path: string, options: { caller?: Account; body?: object }): Promise<Response> {
    return fetch(this.#base + path, {
      method,
      headers: {
        ...(options.body !== undefined && { 'content-type': 'application/json' }),
        ...(options.caller !== undefined && { authorization: `Bearer ${options.caller.token}` }),
      },
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    });
  }

  async #answer<T>(response: Response): Promise<T> {
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
    // The shape that docs/protocol.md gives for each of these calls.
    return JSON.parse(text) as T;
  }
}

function readState(file: string): State | undefined {
  // Written above only.
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as State) : undefined;
}
