import fc from 'fast-check';

/** Users of a run that have connections, by number. User 0 is the admin and always stays; the first two begin as members. */
export const actorCount = 5;
export const firstMembers = 2;
/** Members without connections that the group begins with, and that `grow` adds: enough to cross both limits in a run. */
export const firstCrowd = 140;
export const crowdPerStep = 35;

export type GroupStep =
  | { kind: 'send'; actor: number }
  | { kind: 'connect'; actor: number }
  | { kind: 'disconnect'; actor: number }
  | { kind: 'heartbeat'; actor: number }
  | { kind: 'join'; actor: number }
  | { kind: 'leave'; actor: number }
  /** Many join at once; some of the crowd leave. */
  | { kind: 'grow' }
  | { kind: 'shrink' }
  /** What was sent comes to deliver as one batch: once, or again as after a time-out. */
  | { kind: 'deliver'; again: boolean }
  /** All that waits in the fan-out queue. */
  | { kind: 'fanOut' };

const actor = fc.nat({ max: actorCount - 1 });
const joiner = fc.integer({ min: 1, max: actorCount - 1 });
const of = <Kind extends string>(kind: Kind) => fc.record({ kind: fc.constant(kind) });
const by = <Kind extends string>(kind: Kind, who: fc.Arbitrary<number>) =>
  fc.record({ kind: fc.constant(kind), actor: who });

const step: fc.Arbitrary<GroupStep> = fc.oneof(
  { weight: 5, arbitrary: by('send', actor) },
  { weight: 3, arbitrary: by('connect', actor) },
  { weight: 1, arbitrary: by('disconnect', actor) },
  { weight: 1, arbitrary: by('heartbeat', actor) },
  { weight: 3, arbitrary: by('join', joiner) },
  { weight: 2, arbitrary: by('leave', joiner) },
  { weight: 3, arbitrary: of('grow') },
  { weight: 1, arbitrary: of('shrink') },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('deliver' as const), again: fc.boolean() }) },
  { weight: 4, arbitrary: of('fanOut') },
);

/** Groups of steps: those of one group run at once, the groups one after another. */
export const groupSchedules: fc.Arbitrary<GroupStep[][]> = fc.array(
  fc.array(step, { minLength: 2, maxLength: 5 }),
  // fast-check prefers short lists, in which little would happen.
  { minLength: 8, maxLength: 14 },
);
