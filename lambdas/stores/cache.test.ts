import { expect, test } from 'vitest';
import { answerWithinMs, Cache } from './cache.ts';
import type { CacheClient } from './cache-client.ts';

/** A client whose commands do what a test says; connecting takes one `PING`. */
class ScriptedClient {
  asked = 0;
  ping: () => Promise<'PONG'> = async () => 'PONG';
  answer: () => Promise<number> = async () => 1;
  disconnect(): void {}
  on(): void {}
}

function cacheOf(client: ScriptedClient) {
  let now = 0;
  let connects = 0;
  let fallbacks = 0;
  const cache = new Cache(
    async () => {
      connects += 1;
      return client as unknown as CacheClient; // Of which nothing else is used.
    },
    () => {
      fallbacks += 1;
    },
    () => now,
  );
  return {
    cache,
    ask: () =>
      cache.attempt(async () => {
        client.asked += 1;
        return client.answer();
      }),
    insist: () => cache.insist(async () => client.answer()),
    pass: (ms: number) => {
      now += ms;
    },
    connects: () => connects,
    fallbacks: () => fallbacks,
  };
}

const never = () => new Promise<never>(() => {});
const settled = () => new Promise((resolve) => setImmediate(resolve));
const perSecond = 10;
const messages = 60 * perSecond;

test('an attempt while it still connects does not wait, and what insists does', async () => {
  const { ask, insist, fallbacks } = cacheOf(new ScriptedClient());
  expect(await ask()).toBeUndefined();
  expect(await insist()).toBe(1);
  expect(await ask()).toBe(1);
  expect(fallbacks()).toBe(1);
});

test('a cache that stops answering is asked three times, and then not until it answers a PING', async () => {
  const client = new ScriptedClient();
  const { ask, pass, insist } = cacheOf(client);
  await insist();
  client.answer = never;
  client.ping = never;
  for (let message = 0; message < messages; message += 1) {
    await ask();
    pass(1_000 / perSecond);
  }
  expect(client.asked).toBe(3);
});

test('one that answers PING and nothing else costs a message less than a millisecond on average', async () => {
  const client = new ScriptedClient();
  const { ask, pass, insist, fallbacks } = cacheOf(client);
  await insist();
  client.answer = never;
  for (let message = 0; message < messages; message += 1) {
    await ask();
    await settled();
    pass(1_000 / perSecond);
  }
  expect(fallbacks()).toBe(messages);
  expect((client.asked * answerWithinMs) / messages).toBeLessThan(1);
});

test('one that fails every other time is asked on, and never costs more than its patience', async () => {
  const client = new ScriptedClient();
  const { ask, insist, connects } = cacheOf(client);
  await insist();
  let turn = 0;
  client.answer = () => {
    turn += 1;
    return turn % 2 === 0 ? Promise.reject(new Error('no')) : Promise.resolve(turn);
  };
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual([1, undefined, 3, undefined]);
  expect(connects()).toBe(1);
});

test('what was under way when the circuit opened does not keep it open for longer', async () => {
  const client = new ScriptedClient();
  const { ask, insist, pass, connects } = cacheOf(client);
  await insist();
  client.answer = () => Promise.reject(new Error('reset'));
  await Promise.all(Array.from({ length: 30 }, ask));
  pass(1_000);
  client.answer = async () => 2;
  expect(await insist()).toBe(2);
  expect(connects()).toBe(2);
});

test('what insists reaches a cache that is back, though messages do not try it yet', async () => {
  const client = new ScriptedClient();
  const { ask, insist } = cacheOf(client);
  await insist();
  client.answer = () => Promise.reject(new Error('reset'));
  await Promise.all([ask(), ask(), ask()]);
  client.answer = async () => 2;
  expect(await ask()).toBeUndefined();
  expect(await insist()).toBe(2);
});
