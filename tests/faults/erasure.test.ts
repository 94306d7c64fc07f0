import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Message } from '../../shared/protocol/entities.ts';
import { World } from '../support/world.ts';
import { ErasureSimulation, type ErasureStep } from './erasure-simulation.ts';
import { type Fault, faults } from './faults.ts';

const runs = Math.ceil(Number(process.env['PARLEY_FAULT_RUNS'] ?? 200) / 4);
const seed = process.env['PARLEY_FAULT_SEED'];
const timeoutMs = 60_000 + runs * 6_000;

const size = fc.integer({ min: 1, max: 8 });
const step: fc.Arbitrary<ErasureStep> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('slice' as const),
      functions: fc.constantFrom(1 as const, 2 as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('deliver' as const), size }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replay' as const), from: fc.nat(), size }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('late join' as const, 'late message' as const) }),
  },
);

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

test(`nothing is left of a user after ${runs} erasures among faults`, { timeout: timeoutMs }, async () => {
  let injected = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), faults, async (schedule, planned) => {
      const run = await ErasureSimulation.begin(world, planned);
      await run.carryOut(schedule);
      const messages = await expectErased(run);
      await run.replayAll();
      expect(withoutRevisions(await expectErased(run))).toEqual(withoutRevisions(messages));
      injected += run.faults.injected;
    }),
    { numRuns: runs, endOnFailure: false, ...(seed !== undefined && { seed: Number(seed) }) },
  );
  // A harness that injects nothing proves nothing.
  expect(injected / runs).toBeGreaterThan(1);
});

test('nor where any one call of its erasure was the last of its Lambda', { timeout: 300_000 }, async () => {
  // To die before a call is to die after the one before it.
  const whole = await ErasureSimulation.begin(world, [], false);
  await whole.carryOut([]);
  await expectErased(whole);
  expect(whole.faults.calls).toBeGreaterThan(50);
  for (let call = 0; call < whole.faults.calls; call += 1) {
    const until = Array.from({ length: call }, (): Fault => 'none');
    const run = await ErasureSimulation.begin(world, [...until, 'death'], false);
    await run.carryOut([]);
    await expectErased(run);
  }
});

/** Answers all that is stored in the conversations that Erin was in. */
async function expectErased(run: ErasureSimulation): Promise<Message[]> {
  const { stores } = world.container();
  const { erin, bob } = run;
  expect(await stores.users.user(erin)).toBeUndefined();
  expect(await stores.users.tombstone(erin)).toEqual({
    userId: erin,
    erasedAt: expect.any(String),
    erasureFinishedAt: expect.any(String),
  });
  expect(await stores.users.credential(erin)).toBeUndefined();
  expect(await stores.presence.connectionsOf(erin)).toEqual([]);
  expect(await stores.inbox.someConversationIds(erin, 10)).toEqual([]);
  expect(await stores.records.some(erin, 10)).toEqual([]);

  const all: Message[] = [];
  for (const conversationId of run.conversationIds) {
    const head = await stores.conversations.head(conversationId);
    const members = await stores.memberships.all(conversationId);
    expect(members.map(({ userId }) => userId)).not.toContain(erin);
    const admins = members.filter(({ role }) => role === 'admin').length;
    expect(head).toMatchObject({ memberCount: members.length, adminCount: admins });
    if (head?.type === 'GROUP') expect(admins).toBe(1);
    expect(head?.lastMessagePreview?.text ?? '').not.toContain('Erin');

    const { messages } = await stores.messages.after(conversationId, 0, 100);
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
    expect(head?.lastSeq).toBe(messages.length);
    for (const message of messages) {
      if (message.senderId === erin) expect(message).toMatchObject({ content: '', deleted: true });
      expect(message).not.toHaveProperty('reactions');
    }
    all.push(...messages);
  }
  const kept = all.filter(({ senderId }) => senderId !== erin);
  expect(kept.map(({ conversationId, content }) => ({ conversationId, content }))).toEqual(
    expect.arrayContaining(run.kept),
  );
  expect(kept).toHaveLength(run.kept.length);
  expect((await stores.inbox.someConversationIds(bob, 10)).length).toBe(3);
  return all;
}

/** What is applied once more gets no revision, but Erin's message that was erased in between may have one more. */
function withoutRevisions(messages: Message[]) {
  return messages.map(({ revision, ...rest }) => rest);
}
