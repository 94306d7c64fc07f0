import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stageSettings } from '../../infra/stages.ts';
import type { ChatSocket, ServerFrame } from '../support/chat-socket.ts';
import { within } from '../support/deadline.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

/** With a cache there are two buckets, for what it does not answer in time is taken from the table's: docs/adr/0008. */
const buckets = process.env['PARLEY_CACHE'] === undefined ? 1 : 2;

/** Refilled so slowly that how fast this machine is makes no difference. */
const perSecond = 0.001;
const rateLimits = {
  ...stageSettings('local').rateLimits,
  actions: { perSecond, burst: 8 },
  connections: { perSecond, burst: 4 },
  refusals: { perSecond, burst: 5 },
};

let parley: Parley;
beforeAll(async () => {
  parley = await Parley.start({ environment: { RATE_LIMIT_SETTINGS: JSON.stringify(rateLimits) } });
});
afterAll(() => parley?.close());

/** Sends the frames one after the other, each after the reply to the one before, and returns the codes of the replies. */
async function codesOf(socket: ChatSocket, frames: object[]): Promise<(string | undefined)[]> {
  const codes: (string | undefined)[] = [];
  for (const [index, frame] of frames.entries()) {
    const requestId = `frame-${index}`;
    socket.send({ ...frame, requestId });
    const reply: ServerFrame = await socket.replyTo(requestId);
    codes.push(reply.type === 'error' ? reply.code : reply.type);
  }
  return codes;
}

/** What came before the first refusal, which must come once every bucket is empty. */
async function codesUntilRefused(send: () => Promise<string | undefined>): Promise<(string | undefined)[]> {
  const codes: (string | undefined)[] = [];
  for (;;) {
    const code = await send();
    if (code === 'RATE_LIMITED') return codes;
    codes.push(code);
    expect(codes.length).toBeLessThanOrEqual(buckets * rateLimits.actions.burst);
  }
}

const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);

describe('a malformed frame counts as one of the actions', () => {
  test.each<[what: string, frame: object]>([
    ['of no known action', { action: 'noSuchAction' }],
    ['without an action', {}],
    ['with an unknown field', { action: 'heartbeat', extra: 1 }],
    ['that lacks a field of a message', { action: 'sendMessage' }],
    ['with a field of the wrong type', { action: 'sync', conversations: 7 }],
  ])('%s', async (_, frame) => {
    const mallory = await parley.register(`m-${crypto.randomUUID().slice(0, 8)}`);
    const socket = await mallory.connect();
    const codes = await codesUntilRefused(async () => (await codesOf(socket, [frame]))[0]);
    expect(codes.length).toBeGreaterThanOrEqual(rateLimits.actions.burst);
    expect(new Set(codes)).toEqual(new Set(['BAD_REQUEST']));
    // The same bucket, and no other.
    const [heartbeat] = await codesOf(socket, [{ action: 'heartbeat' }]);
    if (buckets === 1) expect(heartbeat).toBe('RATE_LIMITED');
    const id = await mallory.group('Alone');
    await socket.message(await socket.say(id, 'Still free to speak'));
  });

  test('text that is no JSON', async () => {
    const mallory = await parley.register('no-json');
    const socket = await mallory.connect();
    const codes = await codesUntilRefused(async () => {
      socket.sendText('{"action":');
      const { code, retryAfterMs } = await socket.next('error');
      if (code === 'RATE_LIMITED') expect(retryAfterMs).toBeGreaterThan(0);
      return code;
    });
    expect(codes.length).toBeGreaterThanOrEqual(rateLimits.actions.burst);
    expect(new Set(codes)).toEqual(new Set(['BAD_REQUEST']));
  });

  test('and one that is fine takes nothing from it but what its action takes', async () => {
    const alice = await parley.register('alice');
    const socket = await alice.connect();
    const id = await alice.group('Alone');
    for (let said = 0; said < rateLimits.actions.burst + 1; said += 1) await socket.say(id, 'Fine');
    expect(await codesOf(socket, [{ action: 'heartbeat' }])).toEqual(['heartbeat']);
  });
});

describe('a socket that goes on after being refused', () => {
  /** Many at once, as one sends them who does not look at the answers. */
  function flood(socket: ChatSocket, frame: object): void {
    const count = buckets * (rateLimits.actions.burst + rateLimits.refusals.burst) + 20;
    for (let sent = 0; sent < count; sent += 1) socket.send(frame);
  }

  test.each<[what: string, frame: object]>([
    ['with malformed frames', { action: 'noSuchAction' }],
    ['with heartbeats', { action: 'heartbeat' }],
  ])('%s is closed, and no other', async (_, frame) => {
    const mallory = await parley.register(`m-${crypto.randomUUID().slice(0, 8)}`);
    const [flooding, other] = [await mallory.connect(), await mallory.connect()];
    flood(flooding, frame);
    await within(flooding.closed, () => 'the close of the flooding socket');
    const closing = parley.logLines.find(
      (line) => line.includes('connection closed after too many refusals') && line.includes(mallory.id),
    );
    expect(closing).toBeDefined();

    const id = await mallory.group('Alone');
    await other.message(await other.say(id, 'Still here'));
    const again = await mallory.connect();
    await again.message(await again.say(id, 'And back'));
  });

  test('is told of each refusal before', async () => {
    const mallory = await parley.register('told');
    const socket = await mallory.connect();
    const { burst } = rateLimits.refusals;
    const codes = await codesOf(socket, times(rateLimits.actions.burst + burst, { action: 'heartbeat' }));
    expect(codes.filter((code) => code === 'RATE_LIMITED').length).toBeLessThanOrEqual(burst);
    expect(socket.isOpen).toBe(true);
  });
});

describe('opening one socket after the other', () => {
  /** Opens and closes as long as it is let in; `most` bounds what the test waits for. */
  async function knock(
    person: Person,
    most: number,
  ): Promise<{ opened: number; status: number | undefined }> {
    for (let opened = 0; opened < most; opened += 1) {
      try {
        await (await person.connect()).close();
      } catch (error) {
        return {
          opened,
          status: error instanceof Error && 'status' in error ? Number(error.status) : undefined,
        };
      }
    }
    return { opened: most, status: undefined };
  }

  async function asked(socket: ChatSocket, person: Person): Promise<string | undefined> {
    const { users } = await socket.request({ action: 'presence', userIds: [person.id] }, 'presence');
    return users[0]?.status;
  }

  test('is refused with 429 beyond the burst, and tells the people one knows no more', async () => {
    const [mallory, bob] = [await parley.register('mallory'), await parley.register('bob')];
    await mallory.dm(bob);
    const watching = await bob.connect();
    const { burst } = rateLimits.connections;

    const { opened, status } = await knock(mallory, buckets * burst + 1);
    expect(status).toBe(429);
    expect(opened).toBeGreaterThanOrEqual(burst);
    let presence: string | undefined;
    while (presence !== 'offline') {
      await watching.next('presence', ({ users }) => users.some((user) => user.status === 'offline'));
      presence = await asked(watching, mallory);
    }

    const told = () =>
      watching.received.filter((frame) => frame.type === 'presence' && !('requestId' in frame));
    const before = told().length;
    for (let tried = 0; tried < 5; tried += 1) {
      await expect(mallory.connect()).rejects.toMatchObject({ status: 429 });
    }
    // None of them was registered, so there was nothing to tell.
    expect(await asked(watching, mallory)).toBe('offline');
    expect(told()).toHaveLength(before);
  });

  test('costs nobody else anything', async () => {
    const erin = await parley.register('erin');
    await (await erin.connect()).heartbeat();
  });
});
