import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import { World } from '../support/world.ts';
import { crowdPerStep, firstCrowd, groupSchedules } from './large-group-schedule.ts';
import { type Device, eventsOf, LargeGroupSimulation, type Stay, seqsIn } from './large-group-simulation.ts';

const runs = Math.ceil(Number(process.env['PARLEY_FAULT_RUNS'] ?? 200) / 20);
const seed = process.env['PARLEY_FAULT_SEED'];

let world: World;
let crowd: string[];
beforeAll(async () => {
  world = await World.open();
  crowd = await world.users(firstCrowd + 3 * crowdPerStep);
});
afterAll(() => world.close());

test(`everyone hears all that is said while they are members, and nothing afterwards, in ${runs} groups that outgrow both limits`, {
  timeout: 60_000 + runs * 10_000,
}, async () => {
  const seen = { subscribed: 0, large: 0, messages: 0 };
  await fc.assert(
    fc.asyncProperty(groupSchedules, async (schedule) => {
      const run = await LargeGroupSimulation.begin(world, [...crowd]);
      await run.carryOut(schedule);
      const head = await world.container().stores.conversations.head(run.conversationId);
      if (head?.subscriptions === 'complete') seen.subscribed += 1;
      if (head?.isLarge) seen.large += 1;
      seen.messages += head?.lastSeq ?? 0;
      const lastSeq = await run.lastSeq();
      for (const device of run.devices) {
        const events = eventsOf(world, device.connectionId);
        const stays = run.stays.filter((stay) => stay.actor === device.actor);
        for (const stay of stays) hearsItsStay(events, device, stay, lastSeq);
        hearsNothingElse(events, stays, lastSeq);
        hearsOfItFirst(events, device, stays);
        world.connections.posted.delete(device.connectionId);
      }
    }),
    { numRuns: runs, endOnFailure: true, ...(seed !== undefined && { seed: Number(seed) }) },
  );
  // Schedules that cross no limit prove nothing.
  expect(seen.large).toBeGreaterThan(runs / 4);
  expect(seen.messages).toBeGreaterThan(runs);
});

/** All that was said while both the stay and the connection lasted; and of what was said during the joining, that it was. */
function hearsItsStay(events: ServerEvent[], device: Device, stay: Stay, lastSeq: number): void {
  const heard = seqsIn(events);
  const until = Math.min(lastSeq, stay.certain.until, device.open.until);
  const announced = Math.max(
    0,
    ...events.flatMap((event) => (event.type === 'conversation' ? event.conversation.lastSeq : [])),
  );
  for (let seq = Math.max(stay.joinedSeq, device.open.after) + 1; seq <= until; seq += 1) {
    if (heard.has(seq) || (seq <= stay.certain.after && seq <= announced)) continue;
    expect.fail(
      `${device.connectionId} of actor ${device.actor} did not hear ${seq}: ${JSON.stringify({ device, stay, heard: [...heard], announced })}`,
    );
  }
}

/** Nothing that was said after the last leaving was done. */
function hearsNothingElse(events: ServerEvent[], stays: Stay[], lastSeq: number): void {
  const end = Math.max(0, ...stays.map((stay) => stay.leftAt));
  for (const seq of seqsIn(events)) expect(seq).toBeLessThanOrEqual(Math.min(end, lastSeq));
}

/** One who was never a member before, and was connected before joining, is shown the conversation before its messages. */
function hearsOfItFirst(events: ServerEvent[], device: Device, [first]: Stay[]): void {
  if (first === undefined || device.openedAt > first.begunAt) return;
  const kinds = events
    .map((event) => event.type)
    .filter((type) => type === 'message' || type === 'conversation');
  if (kinds.length > 0) expect(kinds[0]).toBe('conversation');
}
