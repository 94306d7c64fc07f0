import fc from 'fast-check';
import type { Fault, Meanwhile } from './faults.ts';

/**
 * A batch of one conversation that takes several transactions, from members who are in some of them only. Members, messages
 * and changes go by number; member 0 is the admin.
 */
export type CrowdedPlan = {
  /** `small` has little more members than senders, `large` 201; `growing` has 200 and is ready to become large. */
  group: 'small' | 'large' | 'growing';
  senders: number;
  messages: number;
  /** Who sends next: each in turn, or each all of theirs at a time, so that the last are in the last transaction only. */
  turns: 'around' | 'one by one';
  /** Messages that were stored before: of the same record, or of an earlier one of the client's, perhaps with other content. */
  before: { message: number; by: 'same record' | 'client' | 'client, otherwise' }[];
  /** Messages that their clients send again within the batch. */
  again: { message: number; changed: boolean }[];
  /** Changes to messages of long ago, each by the next member. */
  changes: number;
  /** In `halves` as a mapping that looks for the record that fails, and then whole, as after a replay. */
  delivery: 'once' | 'twice' | 'at once' | 'halves';
};

/** The last senders of a batch may leave while it is delivered. What they sent may be refused. */
export const leaverCount = 2;
/** Who of the members has a connection, which is named as the user. All would make posts the most of the work. */
export const isConnected = (member: number): boolean => member < targetCount || member % 4 === 1;
/** Messages that are there before, one each of the first members. */
export const targetCount = 6;

const message = fc.nat({ max: 99 });
const common = {
  group: fc.constantFrom<CrowdedPlan['group']>('large', 'large', 'large', 'small', 'growing'),
  turns: fc.constantFrom<CrowdedPlan['turns']>('around', 'one by one'),
  before: fc.uniqueArray(
    fc.record({
      message,
      by: fc.constantFrom('same record' as const, 'client' as const, 'client, otherwise' as const),
    }),
    { minLength: 1, maxLength: 8, selector: (one) => one.message },
  ),
  again: fc.array(fc.record({ message, changed: fc.boolean() }), { maxLength: 3 }),
  delivery: fc.constantFrom<CrowdedPlan['delivery']>('once', 'once', 'twice', 'at once', 'halves'),
};

/** Batches of at most 100 records, as the mapping makes them. */
export const crowdedPlans: fc.Arbitrary<CrowdedPlan> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      ...common,
      senders: fc.integer({ min: 60, max: 90 }),
      messages: fc.integer({ min: 85, max: 97 }),
      changes: fc.constant(0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...common,
      senders: fc.integer({ min: 60, max: 90 }),
      messages: fc.integer({ min: 55, max: 60 }),
      changes: fc.integer({ min: 30, max: 37 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...common,
      senders: fc.integer({ min: 60, max: 90 }),
      messages: fc.constant(10),
      changes: fc.integer({ min: 60, max: 87 }),
    }),
  },
);

/** What befalls the calls of a delivery: few things, for each makes the whole batch come again, and then none. */
export const crowdedWeather: fc.Arbitrary<(Fault | Meanwhile)[]> = fc.constantFrom(40, 8, 3).chain((good) =>
  fc.array(
    fc.oneof(
      { weight: good, arbitrary: fc.constant<Fault>('none') },
      {
        weight: 1,
        arbitrary: fc.constantFrom<Fault | Meanwhile>(
          ...(['before', 'after', 'throttled', 'conflict', 'timeout', 'death'] as const),
          ...(['append', 'join', 'leave', 'append'] as const),
        ),
      },
    ),
    { minLength: 20, maxLength: 80 },
  ),
);

export function senderOf({ senders, messages, turns }: CrowdedPlan, message: number): number {
  return turns === 'around' ? message % senders : Math.floor((message * senders) / messages);
}

/** None of those who may leave: what comes of a change then is not known here. */
export function changerOf({ senders, changes, turns }: CrowdedPlan, change: number): number {
  const changers = senders - leaverCount;
  return turns === 'around' ? change % changers : Math.floor((change * changers) / changes);
}
