import fc from 'fast-check';
import type { MessageChange } from '../../shared/domain/accepted-change.ts';

/** Users and conversations of a run, by number. User 0 is the admin and always stays. */
export const userCount = 4;
/** Who is in each conversation at first. */
export const conversationMembers = [
  [0, 1, 2, 3],
  [0, 1],
] as const;

export type Step =
  /** A message, in a conversation of which the user may or may not be a member at that time. */
  | { kind: 'send'; user: number; conversation: number; content: string }
  /** The user's earlier message again, as after a lost ack; or with other words under the same id. */
  | { kind: 'resend'; which: number; changed: boolean }
  /** A change to a message that is there by then, by one who may or may not make it. */
  | { kind: 'change'; user: number; conversation: number; which: number; change: MessageChange }
  | { kind: 'markRead'; user: number; conversation: number; seq: number }
  | { kind: 'leave'; user: number; conversation: number }
  | { kind: 'join'; user: number; conversation: number }
  /** The next records of the stream, as one batch: to one Lambda, to two in turn, or to two at once. */
  | { kind: 'deliver'; size: number; mode: 'once' | 'twice' | 'at once' }
  /** A batch of long ago comes again, as after a replay. */
  | { kind: 'replay'; from: number; size: number };

const user = fc.nat({ max: userCount - 1 });
const conversation = fc.nat({ max: conversationMembers.length - 1 });

const edit: fc.Arbitrary<MessageChange> = fc.record({
  type: fc.constant('edit'),
  content: fc.constantFrom('hello!', 'better', 'hi'),
});
const reaction: fc.Arbitrary<MessageChange> = fc.record({
  type: fc.constant('react'),
  emoji: fc.constant('👍'),
  op: fc.constantFrom('add', 'remove'),
});

const delivery: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('deliver'),
  size: fc.integer({ min: 1, max: 8 }),
  mode: fc.constantFrom('once', 'twice', 'at once'),
});
const replay: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('replay'),
  from: fc.nat(),
  size: fc.integer({ min: 1, max: 8 }),
});

function changeBy(user: fc.Arbitrary<number>, conversation: fc.Arbitrary<number>): fc.Arbitrary<Step> {
  return fc.record({
    kind: fc.constant('change'),
    user,
    conversation,
    which: fc.nat({ max: 3 }),
    change: fc.oneof(
      { weight: 5, arbitrary: edit },
      { weight: 1, arbitrary: fc.constant<MessageChange>({ type: 'delete' }) },
      { weight: 5, arbitrary: reaction },
    ),
  });
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      user,
      conversation,
      content: fc.constantFrom('hello', 'hi', 'how are you?', 'fine'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('resend' as const), which: fc.nat(), changed: fc.boolean() }),
  },
  { weight: 3, arbitrary: changeBy(user, conversation) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('markRead' as const),
      user,
      conversation,
      seq: fc.nat({ max: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('leave' as const, 'join' as const),
      user: fc.integer({ min: 1, max: userCount - 1 }),
      conversation,
    }),
  },
  { weight: 4, arbitrary: delivery },
  { weight: 1, arbitrary: replay },
);

const deliver = { kind: 'deliver', size: 8, mode: 'once' } as const;

/** Two users who say two things each to one another, and then change them: few messages, so that changes meet. */
export const changeSchedules: fc.Arbitrary<Step[][]> = fc
  .array(
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: changeBy(fc.nat({ max: 1 }), fc.constant(1)) },
        { weight: 3, arbitrary: delivery },
        { weight: 1, arbitrary: replay },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    { minLength: 8, maxLength: 16 },
  )
  .map((groups) => [
    ...[0, 1].map((user): Step[] =>
      ['one', 'two'].map((content) => ({ kind: 'send', user, conversation: 1, content })),
    ),
    [deliver],
    ...groups,
  ]);

/** Groups of steps: those of one group run at once, the groups one after another. */
export const schedules: fc.Arbitrary<Step[][]> = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), {
  // fast-check prefers short lists, in which little would happen.
  minLength: 6,
  maxLength: 14,
});
