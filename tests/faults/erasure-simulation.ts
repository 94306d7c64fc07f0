import { randomUUID } from 'node:crypto';
import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import { settlingMs } from '../../lambdas/services/erase-user.ts';
import { newRow } from '../../lambdas/services/new-conversation.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { writeGroup } from '../support/group-rows.ts';
import type { Container, World } from '../support/world.ts';
import { type Fault, FaultSource } from './faults.ts';

export type ErasureStep =
  /** The queue gives the job to one function, or the same job to two. */
  | { kind: 'slice'; functions: 1 | 2 }
  /** The next records of the stream. */
  | { kind: 'deliver'; size: number }
  /** A batch of long ago comes again. */
  | { kind: 'replay'; from: number; size: number }
  /** A request that began before the account ended adds the user, or has accepted what the user sends. */
  | { kind: 'late join' }
  | { kind: 'late message' };

/** More faults than a schedule holds cannot follow one another. */
const maxTries = 200;

/** One user's erasure, with Lambdas that fail as they are told to, beside what was under way when it began. */
export class ErasureSimulation {
  readonly faults: FaultSource;
  /** Who goes, and two who stay. */
  readonly erin: string;
  readonly alice: string;
  readonly bob: string;
  /** What was said where, by those who stay. */
  readonly kept: { conversationId: string; content: string }[] = [];
  conversationIds: string[] = [];
  readonly #world: World;
  readonly #observer: Container;
  readonly #delivered: StreamRecord[] = [];
  #pending: StreamRecord[] = [];
  #sent = 0;
  readonly #deliverFails: boolean;
  #clockIsAheadMs = 0;

  private constructor(
    world: World,
    planned: Fault[],
    deliverFails: boolean,
    [erin = '', alice = '', bob = '']: string[],
  ) {
    this.#world = world;
    this.#deliverFails = deliverFails;
    this.#observer = world.container();
    this.faults = new FaultSource(planned);
    this.erin = erin;
    this.alice = alice;
    this.bob = bob;
  }

  /** Erin is the only admin of a group and of a large one, a member of another, and in a DM. */
  static async begin(world: World, planned: Fault[], deliverFails = true): Promise<ErasureSimulation> {
    const run = new ErasureSimulation(world, planned, deliverFails, await world.users(3));
    await run.#setScene();
    return run;
  }

  async carryOut(schedule: ErasureStep[]): Promise<void> {
    const before = await this.#world.waitingErasures();
    await this.#request();
    if ((await this.#world.waitingErasures()) === before) throw new Error('No job was queued');
    for (const step of schedule) await this.#take(step);
    // From here on nothing that began before is still under way. The faults go on until they are used up.
    this.#clockIsAheadMs = settlingMs;
    for (let attempt = 0; !(await this.#slices(1)); attempt += 1) {
      if (attempt === maxTries) throw new Error('The erasure never came to its end');
    }
    this.faults.clear();
    await this.#deliver(Number.MAX_SAFE_INTEGER);
  }

  /** All that was ever in the stream, again. */
  async replayAll(): Promise<void> {
    await this.#untilDone(this.#delivered);
  }

  async #setScene(): Promise<void> {
    const { erin, alice, bob } = this;
    const { stores, conversations, acceptChange } = this.#observer;
    const now = Date.now();
    for (const userId of [erin, alice, bob]) {
      await stores.presence.register({ userId, connectionId: userId, connectedAt: now, lastSeenAt: now });
    }
    const own = await writeGroup(this.#observer, erin, [alice, bob]);
    const another = await writeGroup(this.#observer, alice, [erin]);
    const large = await writeGroup(this.#observer, erin, [bob], { subscriptions: 'complete', isLarge: true });
    const { conversationId: dm } = (await conversations.openDm(bob, erin)).conversation;
    this.conversationIds = [own, another, large, dm];
    for (const conversationId of this.conversationIds) {
      const other = conversationId === another ? alice : bob;
      await this.#say(other, conversationId);
      await this.#say(erin, conversationId);
    }
    await this.#deliver(Number.MAX_SAFE_INTEGER);
    const react = { type: 'react', emoji: '👍', op: 'add' } as const;
    await acceptChange.accept({ userId: erin, authEpoch: 1 }, { conversationId: own, seq: 1 }, react);
    const edit = { type: 'edit', content: 'Erin meant' } as const;
    await acceptChange.accept({ userId: erin, authEpoch: 1 }, { conversationId: dm, seq: 2 }, edit);
    // These are on their way when the erasure begins.
    await this.#say(erin, own);
    await this.#say(erin, large);
  }

  async #say(userId: string, conversationId: string): Promise<void> {
    this.#sent += 1;
    const isErin = userId === this.erin;
    const content = `${isErin ? 'Erin' : 'Another'} said ${this.#sent}`;
    await this.#observer.acceptAuthenticated.accept(
      { userId },
      { conversationId, messageId: randomUUID(), content },
    );
    if (!isErin) this.kept.push({ conversationId, content });
  }

  async #take(step: ErasureStep): Promise<void> {
    switch (step.kind) {
      case 'slice':
        await this.#slices(step.functions);
        return;
      case 'deliver':
        return this.#deliver(step.size);
      case 'replay': {
        const from = step.from % Math.max(this.#delivered.length, 1);
        return this.#untilDone(this.#delivered.slice(from, from + step.size));
      }
      case 'late join': {
        const [, another = ''] = this.conversationIds;
        const head = await this.#observer.stores.conversations.head(another);
        if (head !== undefined) {
          await this.#observer.stores.memberships.add(head, [newRow(head, this.erin, 'member')]);
        }
        return;
      }
      case 'late message':
        try {
          await this.#say(this.erin, this.conversationIds[1] ?? '');
        } catch (error) {
          if (!(error instanceof ParleyError && error.code === 'NOT_FOUND')) throw error;
        }
    }
  }

  /** Erin asks until she is answered, or until her token is refused. */
  async #request(): Promise<void> {
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      const container = this.#container();
      try {
        await container.account.request(this.erin);
        if (!container.invocation.dead) return;
      } catch {
        if ((await this.#observer.stores.users.user(this.erin)) === undefined) return;
      }
    }
    throw new Error('Erin never got an answer');
  }

  /** Answers whether it has come to its end. What has not, and has not failed, is in the queue again. */
  async #slices(functions: 1 | 2): Promise<boolean> {
    const before = await this.#world.waitingErasures();
    const outcomes = await Promise.all(
      Array.from({ length: functions }, async () => {
        const container = this.#container();
        try {
          const { step } = await container.erasure.next({ version: 1, userId: this.erin });
          return container.invocation.dead ? 'died' : step;
        } catch {
          return 'failed';
        }
      }),
    );
    const goingOn = outcomes.filter((outcome) => !['died', 'failed', 'finished'].includes(outcome));
    if ((await this.#world.waitingErasures()) < before + goingOn.length) {
      throw new Error(`The job is lost after ${outcomes}`);
    }
    return outcomes.includes('finished');
  }

  async #deliver(size: number): Promise<void> {
    this.#pending.push(...(await this.#world.newRecords()));
    const batch = this.#pending.slice(0, size);
    await this.#untilDone(batch);
    this.#delivered.push(...batch);
    this.#pending = this.#pending.slice(batch.length);
  }

  async #untilDone(batch: StreamRecord[]): Promise<void> {
    let rest = batch;
    for (let attempt = 0; rest.length > 0; attempt += 1) {
      if (attempt === maxTries) throw new Error('A batch never came through');
      const container = this.#deliverFails ? this.#container() : this.#world.container();
      try {
        const failed = await container.deliver.deliver(rest);
        if (!container.invocation.dead) rest = rest.filter((record) => failed.includes(record));
      } catch {
        // The whole batch comes again.
      }
    }
  }

  #container(): Container {
    return this.#world.container(this.faults, () => Date.now() + this.#clockIsAheadMs);
  }
}
