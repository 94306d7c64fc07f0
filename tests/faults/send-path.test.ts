import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { World } from '../support/world.ts';
import { faults } from './faults.ts';
import { changeSchedules, schedules } from './schedule.ts';
import { Simulation } from './simulation.ts';
import { verify } from './verify.ts';

const runs = Number(process.env['PARLEY_FAULT_RUNS'] ?? 200);
const seed = process.env['PARLEY_FAULT_SEED'];
/** Enough for ten times the time a schedule takes. */
const timeoutMs = 60_000 + runs * 3_000;

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

describe.each([
  ['the log, the inboxes and the pushes agree', schedules, runs],
  ['the messages are what their changes come to', changeSchedules, Math.ceil(runs / 4)],
] as const)('%s', (_, steps, runs) => {
  test(`after ${runs} schedules of faults`, { timeout: timeoutMs }, async () => {
    let injected = 0;
    await fc.assert(
      fc.asyncProperty(steps, faults, async (schedule, planned) => {
        const run = await Simulation.begin(world, planned);
        await run.carryOut(schedule);
        await verify(world, run);
        injected += run.faults.injected;
      }),
      { numRuns: runs, endOnFailure: false, ...(seed !== undefined && { seed: Number(seed) }) },
    );
    // A harness that injects nothing proves nothing.
    expect(injected / runs).toBeGreaterThan(5);
  });
});
