import { describe, expect, test } from 'vitest';
import type {
  Change,
  ChangeAction,
  Copy,
  Observation,
  Received,
  Stored,
  StoredTruth,
} from './observation.ts';
import { lateEffectMs, verifyChanges } from './verify-changes.ts';

type Scene = { observation: Observation; truth: StoredTruth };

const members = ['ann', 'ben', 'cyn'];
const second = 1_000;

/**
 * Ann said 1 and edited it twice, Ben reacted to it and took one reaction back; Ben said 2, to which Ann reacted, and deleted
 * it, after which Cyn's reaction was refused, at once and, of another one, late; Cyn said 3, which nobody changed.
 */
function goodScene(): Scene {
  const first: Copy = {
    revision: 5,
    content: 'one, thirdly',
    deleted: false,
    editedAt: '2026-11-24T10:00:00.000Z',
    reactions: [['👍', ['ben']]],
  };
  const gone: Copy = { revision: 7, content: '', deleted: true, editedAt: undefined, reactions: [] };
  const messages: Stored[] = [
    { seq: 1, messageId: 'm1', senderId: 'ann', content: first.content, copy: first },
    { seq: 2, messageId: 'm2', senderId: 'ben', content: '', copy: gone },
    { seq: 3, messageId: 'm3', senderId: 'cyn', content: 'three', copy: undefined },
  ];
  const words = ['one', 'two', 'three'];
  const asSaid: Received[] = messages.map(({ copy: _, ...message }, index) => ({
    ...message,
    content: words[index] ?? '',
  }));
  const changes = [
    change('ann', 1, { type: 'edit', content: 'one, secondly' }, 1),
    change('ben', 1, { type: 'react', emoji: '👍', op: 'add' }, 2),
    change('ben', 1, { type: 'react', emoji: '🎉', op: 'add' }, 3),
    change('ben', 1, { type: 'react', emoji: '🎉', op: 'remove' }, 4),
    change('ann', 1, { type: 'edit', content: 'one, thirdly' }, 5),
    change('ann', 2, { type: 'react', emoji: '👍', op: 'add' }, 6),
    change('ben', 2, { type: 'delete' }, 7),
    {
      ...change('cyn', 2, { type: 'react', emoji: '👍', op: 'add' }, 8),
      outcome: 'refused',
      error: 'CONFLICT',
    },
    change('cyn', 2, { type: 'react', emoji: '🎉', op: 'add' }, 7),
  ] satisfies Change[];
  const told = () =>
    new Map([
      [1, [{ ...first, revision: 1, content: 'one, secondly', reactions: [] }, structuredClone(first)]],
      [
        2,
        [
          { ...gone, revision: 6, content: 'two', deleted: false, reactions: [['👍', ['ann']]] },
          structuredClone(gone),
        ],
      ],
    ] satisfies [number, Copy[]][]);
  return {
    observation: {
      sent: asSaid.map((message) => ({
        ...message,
        conversationId: 'talk',
        state: 'stored',
        error: undefined,
      })),
      received: new Map(members.map((userId) => [userId, new Map([['talk', structuredClone(asSaid)]])])),
      markers: new Map(),
      shown: new Map(),
      changes,
      lateRefusals: [{ userId: 'cyn', messageId: 'm2', action: 'react', code: 'CONFLICT' }],
      copies: new Map(members.map((userId) => [userId, new Map([['talk', told()]])])),
    },
    truth: { conversations: new Map([['talk', { members, base: 0, messages }]]), inboxes: new Map() },
  };
}

function change(userId: string, seq: number, action: ChangeAction, at: number): Change {
  return {
    conversationId: 'talk',
    seq,
    userId,
    action,
    begun: at * second,
    ended: at * second + 100,
    attempts: 1,
    outcome: 'acknowledged',
    error: undefined,
  };
}

function failing({ observation, truth }: Scene) {
  return verifyChanges(observation, truth).filter(({ failures, checked }) => failures > 0 || checked === 0);
}

function changeOf({ observation }: Scene, index: number): Change {
  return observation.changes[index] as Change; // There are nine.
}

function messageOf({ truth }: Scene, seq: number): Stored {
  return truth.conversations.get('talk')?.messages[seq - 1] as Stored; // There are three.
}

function toldOf({ observation }: Scene, seq: number, userId = 'ben'): Copy[] {
  return observation.copies.get(userId)?.get('talk')?.get(seq) ?? [];
}

/** As if the server had it so, and had told everybody. */
function becomes(scene: Scene, seq: number, fields: Partial<Copy>): void {
  const message = messageOf(scene, seq);
  message.copy = {
    revision: 8,
    content: message.content,
    deleted: false,
    editedAt: undefined,
    reactions: [],
    ...message.copy,
    ...fields,
  };
  message.content = message.copy.content;
  for (const userId of members) {
    const told = scene.observation.copies.get(userId)?.get('talk');
    told?.set(seq, [...(told.get(seq) ?? []).slice(0, -1), message.copy]);
  }
}

const effect = 'each changed message is as the acknowledged changes left it';
const answer = 'each change is acknowledged, or refused because its message was deleted';
const agreement = 'each member has the changed messages as the server has them';
const order = 'no member was told of an older state after a newer one';
const madeUp = 'nobody was told of a change that nobody asked for';

test('passes where all is well, and says nothing where nothing was changed', () => {
  expect(failing(goodScene())).toEqual([]);
  expect(verifyChanges(goodScene().observation, goodScene().truth).map(({ checked }) => checked)).toEqual([
    10, 2, 6, 6, 18,
  ]);
  const { observation } = goodScene();
  const nothing = { conversations: new Map(), inboxes: new Map() };
  expect(verifyChanges({ ...observation, changes: [] }, nothing)).toEqual([]);
});

describe('one thing that is wrong', () => {
  const broken: Record<string, [(scene: Scene) => void, string, RegExp]> = {
    'an acknowledged edit that was never made': [
      (scene) => becomes(scene, 1, { content: 'one, secondly' }),
      effect,
      /1 reads "one, secondly", not "one, thirdly"/,
    ],
    'edits that left no trace': [
      (scene) => becomes(scene, 1, { content: 'one', editedAt: undefined }),
      effect,
      /1 reads "one", not "one, thirdly"/,
    ],
    'an edit that does not say so': [
      (scene) => becomes(scene, 1, { editedAt: undefined }),
      effect,
      /1 reads "one, thirdly", and is edited at undefined/,
    ],
    'a reaction that was lost': [
      (scene) => becomes(scene, 1, { reactions: [] }),
      effect,
      /1 lacks 👍 of ben/,
    ],
    'a reaction that came back': [
      (scene) =>
        becomes(scene, 1, {
          reactions: [
            ['🎉', ['ben']],
            ['👍', ['ben']],
          ],
        }),
      effect,
      /1 has 🎉 of ben/,
    ],
    'a reaction twice': [
      (scene) => becomes(scene, 1, { reactions: [['👍', ['ben', 'ben']]] }),
      effect,
      /1 has 👍 of ben 2 times/,
    ],
    'a deletion that left the reactions': [
      (scene) => becomes(scene, 2, { reactions: [['👍', ['ann']]] }),
      effect,
      /2 is deleted, and shows more than that/,
    ],
    'a change that was made twice': [
      (scene) => becomes(scene, 1, { revision: 10 }),
      effect,
      /talk was changed 10 times, and that was asked for 9 times/,
    ],
    'a change without an answer': [
      (scene) => Object.assign(changeOf(scene, 0), { outcome: 'pending' }),
      answer,
      /the edit of 1 in talk by ann was never acknowledged/,
    ],
    'a change that was refused though its message is there': [
      (scene) => Object.assign(changeOf(scene, 0), { outcome: 'refused', error: 'CONFLICT' }),
      answer,
      /the edit of 1 in talk by ann was refused: CONFLICT/,
    ],
    'a change that was refused for another reason': [
      (scene) => Object.assign(changeOf(scene, 7), { error: 'FORBIDDEN' }),
      answer,
      /the react of 2 in talk by cyn was refused: FORBIDDEN/,
    ],
    'an acknowledged change that was refused though its message is there': [
      (scene) => Object.assign(scene.observation.lateRefusals[0] ?? {}, { messageId: 'm1' }),
      answer,
      /react of m1 by cyn was refused late: CONFLICT/,
    ],
    'a member who did not hear of the last change': [
      (scene) => toldOf(scene, 1).pop(),
      agreement,
      /ben in talk: 1 shows .*"revision":1.*, the server has .*"revision":5/,
    ],
    'a member who heard of no change': [
      (scene) => scene.observation.copies.get('ben')?.get('talk')?.delete(2),
      agreement,
      /ben in talk: 2 shows it unchanged, the server has/,
    ],
    'a member who has a reaction that the server has not': [
      (scene) =>
        Object.assign(toldOf(scene, 1).at(-1) ?? {}, {
          reactions: [
            ['👍', ['ben']],
            ['🎉', ['ben']],
          ],
        }),
      agreement,
      /ben in talk: 1 shows/,
    ],
    'a state that was told after a newer one': [
      (scene) => toldOf(scene, 1).unshift({ ...(toldOf(scene, 1)[0] as Copy), revision: 3 }),
      order,
      /ben in talk: 1 at 3, 1, 5/,
    ],
    'words that nobody wrote': [
      (scene) => Object.assign(toldOf(scene, 1)[0] ?? {}, { content: 'two' }),
      madeUp,
      /ben in talk: 1 read "two"/,
    ],
    'words of an edit of someone else': [
      (scene) => {
        scene.observation.changes.push({
          ...change('cyn', 1, { type: 'edit', content: 'mine' }, 9),
          outcome: 'refused',
          error: 'CONFLICT',
          ended: 0,
          attempts: 0,
        });
        Object.assign(toldOf(scene, 1)[0] ?? {}, { content: 'mine' });
        scene.observation.changes.pop();
      },
      madeUp,
      /ben in talk: 1 read "mine"/,
    ],
    'words that nobody wrote, when the message was first told': [
      (scene) =>
        Object.assign(scene.observation.received.get('cyn')?.get('talk')?.[0] ?? {}, { content: 'uno' }),
      madeUp,
      /cyn in talk: 1 read "uno"/,
    ],
    'a reaction of someone who did not react': [
      (scene) => Object.assign(toldOf(scene, 2)[0] ?? {}, { reactions: [['👍', ['ann', 'ben']]] }),
      madeUp,
      /ben in talk: 2 had 👍 of ben/,
    ],
  };

  test.each(Object.entries(broken))('%s', (_, [breakIt, name, words]) => {
    const scene = goodScene();
    breakIt(scene);
    const failed = failing(scene);
    expect(failed.map((check) => check.name)).toEqual([name]);
    expect(failed[0]?.examples[0]).toMatch(words);
  });

  test('a deletion that was acknowledged and not made', () => {
    const scene = goodScene();
    becomes(scene, 2, { content: 'two', deleted: false, reactions: [['👍', ['ann']]] });
    expect(failing(scene).map(({ name }) => name)).toEqual([answer, effect]);
    expect(failing(scene)[1]?.examples[0]).toBe('talk: 2 was deleted, and is there');
  });

  test('a deletion that nobody asked for', () => {
    const scene = goodScene();
    changeOf(scene, 6).action = { type: 'react', emoji: '👍', op: 'remove' };
    expect(failing(scene).map(({ name }) => name)).toEqual([effect, madeUp]);
    expect(failing(scene)[0]?.examples[0]).toBe('talk: 2 is deleted, and nobody asked for that');
  });
});

describe('a change one of whose frames had no answer', () => {
  const isBack = (scene: Scene) => becomes(scene, 1, { content: 'one, secondly' });

  test('may take effect after a later one', () => {
    const scene = goodScene();
    isBack(scene);
    changeOf(scene, 0).attempts = 2;
    expect(failing(scene)).toEqual([]);
  });

  test('may not once its function has ended', () => {
    const scene = goodScene();
    isBack(scene);
    changeOf(scene, 0).attempts = 2;
    Object.assign(changeOf(scene, 4), { begun: 2 * second + lateEffectMs, ended: 3 * second + lateEffectMs });
    expect(failing(scene).map(({ name }) => name)).toEqual([effect]);
  });

  test('may have taken effect though it was given up', () => {
    const scene = goodScene();
    Object.assign(changeOf(scene, 4), { outcome: 'pending', ended: Number.POSITIVE_INFINITY });
    expect(failing(scene).map(({ name }) => name)).toEqual([answer]);
    isBack(scene);
    expect(failing(scene).map(({ name }) => name)).toEqual([answer]);
  });

  test('has not, where no frame was ever sent', () => {
    const scene = goodScene();
    Object.assign(changeOf(scene, 4), { outcome: 'pending', attempts: 0 });
    expect(failing(scene).map(({ name }) => name)).toEqual([answer, effect]);
  });
});
