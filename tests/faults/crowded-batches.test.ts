/** Batches of one conversation that take several transactions: what is read again for one of them must do for all. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { World } from '../support/world.ts';
import { CrowdedBatch } from './crowded-batch.ts';
import { type CrowdedPlan, crowdedPlans, crowdedWeather, isConnected } from './crowded-plan.ts';
import { verifyCrowdedBatch } from './crowded-verify.ts';
import type { Fault, Meanwhile } from './faults.ts';

const wanted = Number(process.env['PARLEY_FAULT_RUNS'] ?? 200);
const runs = Math.ceil(wanted / 40);
const seed = process.env['PARLEY_FAULT_SEED'];
const timeoutMs = 60_000 + wanted * 3_000;

const crowdSize = 201;

let world: World;
let crowd: string[];
beforeAll(async () => {
  world = await World.open();
  crowd = Array.from({ length: crowdSize }, () => `usr_${randomUUID()}`);
  const { presence } = world.container().stores;
  const now = Date.now();
  for (const userId of crowd.filter((_, member) => isConnected(member))) {
    await presence.register({ userId, connectionId: userId, connectedAt: now, lastSeenAt: now });
  }
});
afterAll(() => world.close());

async function deliver(plan: CrowdedPlan, weather: (Fault | Meanwhile)[]): Promise<CrowdedBatch> {
  const run = await CrowdedBatch.begin(world, plan, weather, crowd);
  await run.carryOut();
  await verifyCrowdedBatch(world, run);
  return run;
}

test(`no member's record is lost or refused in ${runs} crowded batches among faults`, {
  timeout: timeoutMs,
}, async () => {
  let injected = 0;
  await fc.assert(
    fc.asyncProperty(crowdedPlans, crowdedWeather, async (plan, weather) => {
      injected += (await deliver(plan, weather)).faults.injected;
    }),
    { numRuns: runs, endOnFailure: true, ...(seed !== undefined && { seed: Number(seed) }) },
  );
  // A harness that injects nothing proves nothing.
  expect(injected).toBeGreaterThan(0);
});

/** Two transactions of messages and two of changes, each with some that were stored before, and as few members as show it. */
const few: Omit<CrowdedPlan, 'group'> = {
  senders: 10,
  messages: 60,
  turns: 'one by one',
  before: [
    { message: 10, by: 'same record' },
    { message: 11, by: 'client' },
    { message: 12, by: 'client, otherwise' },
    { message: 57, by: 'client, otherwise' },
  ],
  again: [
    { message: 5, changed: true },
    { message: 6, changed: false },
  ],
  changes: 30,
  delivery: 'once',
};
const kinds = ['death', 'after', 'append', 'join'] as const;

describe.each([
  ['large', 17],
  ['small', 29],
] as const)('of a %s group', (group, stride) => {
  test('nor where any one call of the delivery is the one that fails or comes late', {
    timeout: timeoutMs,
  }, async () => {
    const { calls } = (await deliver({ ...few, group }, [])).faults;
    const cases = Array.from({ length: calls }, (_, before) =>
      kinds.map((kind) => ({ before, kind })),
    ).flat();
    // `npm test` has time for every so manieth, of each kind in turn.
    const tried = cases.filter((_, index) => wanted >= 1000 || index % stride === 0);
    for (const { before, kind } of tried) {
      const weather = [...Array.from({ length: before }, (): Fault => 'none'), kind];
      await deliver({ ...few, group }, weather).catch((cause) => {
        throw new Error(`${kind} at call ${before + 1} of ${calls}`, { cause });
      });
    }
  });
});
