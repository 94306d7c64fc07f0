import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Check } from './checking.ts';
import type { Observation, Received, Sent, Stored, StoredTruth } from './observation.ts';
import { verify } from './verify.ts';

type Scene = { observation: Observation; truth: StoredTruth };

/** Ann, Ben and Cyn have said twelve things in turn; Cyn, who spoke last, has marked nothing, Ann has read up to 11. */
function goodScene(): Scene {
  const members = ['ann', 'ben', 'cyn'];
  const messages: Stored[] = Array.from({ length: 12 }, (_, index) => ({
    seq: index + 3,
    messageId: `m${index}`,
    senderId: members[index % 3] ?? '',
    content: `words ${index}`,
    copy: undefined,
  }));
  const sent: Sent[] = messages.map((message) => ({
    ...message,
    conversationId: 'talk',
    state: 'stored',
    error: undefined,
  }));
  const rows = () =>
    new Map(
      Object.entries({ ann: 14, ben: 13, cyn: 14 }).map(([userId, lastReadSeq]) => [
        userId,
        new Map([['talk', { lastSeq: 14, lastReadSeq, unreadCount: 14 - lastReadSeq }]]),
      ]),
    );
  return {
    observation: {
      sent,
      received: new Map(members.map((userId) => [userId, new Map([['talk', copyOf(messages)]])])),
      markers: new Map([['ann', new Map([['talk', { asked: 14, confirmed: 14 }]])]]),
      shown: rows(),
      changes: [],
      lateRefusals: [],
      copies: new Map(),
    },
    truth: {
      conversations: new Map([['talk', { members, base: 2, messages: copyOf(messages) }]]),
      inboxes: rows(),
    },
  };
}

function copyOf<Value>(value: Value): Value {
  return structuredClone(value);
}

function failing({ observation, truth }: Scene): Check[] {
  const { passed, checks } = verify(observation, truth);
  const failed = checks.filter(({ failures, checked }) => failures > 0 || checked === 0);
  expect(passed).toBe(failed.length === 0);
  return failed;
}

function told({ observation }: Scene, userId = 'ben'): Received[] {
  return observation.received.get(userId)?.get('talk') ?? [];
}

function stored({ truth }: Scene): Stored[] {
  return truth.conversations.get('talk')?.messages ?? [];
}

const received = 'each member received each message once, in order';

test('passes where all is well', () => {
  expect(failing(goodScene())).toEqual([]);
});

test('does not pass where nothing happened', () => {
  const nothing: Observation = {
    sent: [],
    received: new Map(),
    markers: new Map(),
    shown: new Map(),
    changes: [],
    lateRefusals: [],
    copies: new Map(),
  };
  expect(verify(nothing, { conversations: new Map(), inboxes: new Map() }).passed).toBe(false);
});

describe('one broken observation', () => {
  const broken: Record<string, [(scene: Scene) => void, string, RegExp]> = {
    'a message dropped on the way to a member': [
      (scene) => told(scene).splice(4, 1),
      received,
      /ben in talk: never received 7/,
    ],
    'a message told twice': [
      (scene) => told(scene).splice(5, 0, ...told(scene).slice(4, 5)),
      received,
      /ben in talk: received 7 again/,
    ],
    'two messages told in the wrong order': [
      (scene) => told(scene).splice(4, 2, ...told(scene).slice(4, 6).reverse()),
      received,
      /ben in talk: received 7 after 8/,
    ],
    'other words told': [
      (scene) => Object.assign(told(scene)[0] ?? {}, { content: 'else' }),
      received,
      /received 3 unlike it is stored/,
    ],
    'a member who heard nothing': [
      (scene) => scene.observation.received.delete('cyn'),
      received,
      /cyn in talk: never received 3, 4, 5, 6, 7 and 7 more/,
    ],
    'a message left unacknowledged': [
      (scene) => Object.assign(scene.observation.sent[6] ?? {}, { state: 'sent' }),
      'nothing is left unacknowledged',
      /m6 of ann is still sent/,
    ],
    'a message refused': [
      (scene) => Object.assign(scene.observation.sent[6] ?? {}, { state: 'failed', error: 'CONFLICT' }),
      'nothing is left unacknowledged',
      /m6 of ann is still failed: CONFLICT/,
    ],
    'a seq that its sender was not told': [
      (scene) => Object.assign(scene.observation.sent[6] ?? {}, { seq: 4 }),
      'each message is stored once, as it was sent',
      /m6 of ann is stored as 9, its sender was told 4/,
    ],
    'a marker that was never confirmed': [
      (scene) => scene.observation.markers.get('ann')?.set('talk', { asked: 14, confirmed: 3 }),
      'inboxes and unread counts are right',
      /the marker 14 was never confirmed/,
    ],
    'an inbox without the conversation': [
      (scene) => scene.truth.inboxes.get('ben')?.delete('talk'),
      'inboxes and unread counts are right',
      /ben in talk: the inbox does not list it/,
    ],
    'a client that shows another inbox': [
      (scene) =>
        scene.observation.shown.get('ben')?.set('talk', { lastSeq: 14, lastReadSeq: 14, unreadCount: 0 }),
      'clients show the inbox that the server has',
      /ben in talk: shows .*"unreadCount":0/,
    ],
  };

  test.each(Object.entries(broken))('%s', (_, [breakIt, name, words]) => {
    const scene = goodScene();
    breakIt(scene);
    const failed = failing(scene);
    expect(failed.map((check) => check.name)).toEqual([name]);
    expect(failed[0]?.examples).toEqual([expect.stringMatching(words)]);
    expect(failed[0]?.failures).toBe(1);
  });
});

describe('one broken table', () => {
  const names = (scene: Scene) => failing(scene).map(({ name }) => name);

  test('a hole in the sequence', () => {
    const scene = goodScene();
    for (const message of stored(scene).slice(6)) message.seq += 1;
    expect(names(scene)).toContain('sequences are dense');
  });

  test('a message stored twice', () => {
    const scene = goodScene();
    stored(scene).push({ ...(stored(scene)[0] as Stored), seq: 15 }); // It has twelve.
    expect(names(scene)).toContain('each message is stored once, as it was sent');
  });

  test('an acknowledged message lost', () => {
    const scene = goodScene();
    stored(scene).pop();
    expect(names(scene)).toContain('each message is stored once, as it was sent');
  });

  test('a message that nobody sent', () => {
    const scene = goodScene();
    scene.observation.sent.splice(3, 1);
    expect(names(scene)).toEqual(['nothing is stored that was not sent']);
  });

  test('two messages of a sender in the wrong order', () => {
    const scene = goodScene();
    const { sent } = scene.observation;
    const [one, other] = [sent[0], sent[3]];
    sent.splice(0, 1, other as Sent); // It has twelve.
    sent.splice(3, 1, one as Sent);
    expect(names(scene)).toEqual(['the messages of each sender are stored in the order of sending']);
  });

  test('a message that changed though nobody changed it', () => {
    const scene = goodScene();
    const copy = { revision: 1, content: 'else', deleted: false, editedAt: 'now', reactions: [] };
    Object.assign(stored(scene)[0] ?? {}, { content: 'else', copy });
    expect(names(scene)).toContain('nothing has changed, since nobody changed anything');
  });

  test('an unread count that was counted twice', () => {
    const scene = goodScene();
    const rows = [scene.truth.inboxes, scene.observation.shown].map((inboxes) =>
      inboxes.get('ben')?.get('talk'),
    );
    for (const row of rows) Object.assign(row ?? {}, { unreadCount: 2 });
    expect(names(scene)).toEqual(['inboxes and unread counts are right']);
  });
});

test('no way to drop, repeat or swap what one member was told goes unnoticed', () => {
  const change = fc.record({
    kind: fc.constantFrom('drop' as const, 'repeat' as const, 'swap' as const),
    at: fc.nat({ max: 10 }),
    userId: fc.constantFrom('ann', 'ben', 'cyn'),
  });
  fc.assert(
    fc.property(change, ({ kind, at, userId }) => {
      const scene = goodScene();
      const list = told(scene, userId);
      const pair = list.slice(at, at + 2);
      if (kind === 'drop') list.splice(at, 1);
      if (kind === 'repeat') list.splice(at, 0, ...pair.slice(0, 1));
      if (kind === 'swap') list.splice(at, 2, ...pair.reverse());
      expect(failing(scene).map(({ name }) => name)).toEqual([received]);
    }),
  );
});
