import { randomUUID } from 'node:crypto';
import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import { writeGroup } from '../support/group-rows.ts';
import type { Container, World } from '../support/world.ts';
import {
  actorCount,
  crowdPerStep,
  firstCrowd,
  firstMembers,
  type GroupStep,
} from './large-group-schedule.ts';

/** A span of the log: messages with `after < seq ≤ until`. */
export type Span = { after: number; until: number };
/** While a connection was open, its opening and closing not included. */
export type Device = { actor: number; connectionId: string; open: Span; openedAt: number };
/** One membership: `certain` leaves out what was said during the joining and the leaving. Times are the run's own. */
export type Stay = { actor: number; joinedSeq: number; certain: Span; leftAt: number; begunAt: number };

const forEver = Number.POSITIVE_INFINITY;

/** Carries out one schedule on a group that grows past both limits, and keeps what each connection has a right to. */
export class LargeGroupSimulation {
  readonly devices: Device[] = [];
  readonly stays: Stay[] = [];
  readonly actors: string[];
  readonly #world: World;
  readonly #crowd: string[];
  readonly #observer: Container;
  readonly #consumer: Container;
  #conversationId = '';
  #members: number[] = [];
  readonly #leaving = new Set<Stay>();
  #crowdSize = firstCrowd;
  #pending: StreamRecord[] = [];
  #delivering: Promise<void> = Promise.resolve();
  /** The end of what deliver has done with, and of what has been pushed: only that can a leaver have a right to. */
  #delivered = 0;
  #pushed = 0;
  #fanningOut = 0;
  #records = 0;
  #clock = 0;

  private constructor(world: World, users: string[]) {
    this.#world = world;
    this.actors = Array.from({ length: actorCount }, () => `usr_${randomUUID()}`);
    this.#crowd = users;
    this.#observer = world.container();
    this.#consumer = world.container();
  }

  /** `crowd` are users without connections, shared by all runs. */
  static async begin(world: World, crowd: string[]): Promise<LargeGroupSimulation> {
    const run = new LargeGroupSimulation(world, crowd);
    await world.createUsers(run.actors);
    const members = [...run.actors.slice(1, firstMembers), ...crowd.slice(0, firstCrowd)];
    run.#conversationId = await writeGroup(run.#observer, run.#userId(0), members);
    for (let actor = 0; actor < firstMembers; actor += 1) {
      run.#members.push(actor);
      const certain = { after: 0, until: forEver };
      run.stays.push({ actor, joinedSeq: 0, certain, leftAt: forEver, begunAt: 0 });
    }
    return run;
  }

  async carryOut(schedule: GroupStep[][]): Promise<void> {
    for (const group of schedule) await Promise.all(group.map((step) => this.#take(step)));
    await this.#deliver(false);
    await this.#world.fanOutAll();
  }

  get conversationId(): string {
    return this.#conversationId;
  }

  async lastSeq(): Promise<number> {
    return (await this.#observer.stores.conversations.head(this.#conversationId))?.lastSeq ?? 0;
  }

  async #take(step: GroupStep): Promise<void> {
    switch (step.kind) {
      case 'send':
        this.#pending.push(this.#record(step.actor));
        return;
      case 'connect':
        return this.#connect(step.actor);
      case 'disconnect':
        return this.#disconnect(step.actor);
      case 'heartbeat':
        return this.#heartbeat(step.actor);
      case 'join':
        return this.#join(step.actor);
      case 'leave':
        return this.#leave(step.actor);
      case 'grow': {
        const userIds = this.#crowd.slice(this.#crowdSize, this.#crowdSize + crowdPerStep);
        this.#crowdSize += userIds.length;
        if (userIds.length > 0) await this.#add(userIds);
        return;
      }
      case 'shrink': {
        const [userId] = this.#crowd.splice(0, 1);
        this.#crowdSize -= 1;
        if (userId !== undefined) await this.#remove(userId);
        return;
      }
      case 'deliver':
        return this.#deliver(step.again);
      case 'fanOut':
        return this.#fanOut();
    }
  }

  /** As the connect function does it. */
  async #connect(actor: number): Promise<void> {
    const connection = this.#connection(actor, randomUUID());
    const { stores, subscriptions } = this.#world.container();
    await stores.presence.register(connection);
    await subscriptions.open(connection);
    const open = { after: await this.lastSeq(), until: forEver };
    this.devices.push({ actor, connectionId: connection.connectionId, open, openedAt: this.#tick() });
  }

  async #disconnect(actor: number): Promise<void> {
    const device = this.devices.find((one) => one.actor === actor && one.open.until === forEver);
    if (device === undefined) return;
    device.open.until = this.#pushed;
    const connection = this.#connection(actor, device.connectionId);
    const { stores, subscriptions } = this.#world.container();
    await stores.presence.remove(connection);
    await subscriptions.close(connection);
  }

  async #heartbeat(actor: number): Promise<void> {
    const device = this.devices.find((one) => one.actor === actor && one.open.until === forEver);
    if (device === undefined) return;
    const connection = this.#connection(actor, device.connectionId);
    const { stores, subscriptions } = this.#world.container();
    const { isNew } = await stores.presence.register(connection);
    if (isNew) await subscriptions.open(connection);
  }

  async #join(actor: number): Promise<void> {
    if (this.#members.includes(actor)) return;
    this.#members.push(actor);
    this.#heardNothingSinceLeaving(actor);
    const begunAt = this.#tick();
    await this.#add([this.#userId(actor)]);
    const row = await this.#observer.stores.memberships.member(this.#conversationId, this.#userId(actor));
    // Another step may have removed the actor meanwhile.
    if (row === undefined) return;
    const certain = { after: await this.lastSeq(), until: forEver };
    this.stays.push({ actor, joinedSeq: row.joinedSeq, certain, leftAt: forEver, begunAt });
  }

  /** Who comes back may be told of what was said meanwhile: it is history then. Until then it is none of their business. */
  #heardNothingSinceLeaving(actor: number): void {
    const left = Math.max(-1, ...this.stays.filter((one) => one.actor === actor).map((one) => one.leftAt));
    for (const { connectionId } of this.devices.filter((one) => one.actor === actor)) {
      const heard = Math.max(-1, ...seqsIn(eventsOf(this.#world, connectionId)));
      if (heard > left) throw new Error(`${connectionId} left at ${left} and heard ${heard}`);
    }
  }

  async #leave(actor: number): Promise<void> {
    const stay = this.stays.find((one) => one.actor === actor && one.leftAt === forEver);
    if (stay === undefined || this.#leaving.has(stay)) return;
    this.#leaving.add(stay);
    stay.certain.until = this.#pushed;
    await this.#remove(this.#userId(actor));
    stay.leftAt = await this.lastSeq();
    this.#members = this.#members.filter((one) => one !== actor);
  }

  async #add(userIds: string[]): Promise<void> {
    await insist(() => this.#world.container().members.add(this.#userId(0), this.#conversationId, userIds));
  }

  async #remove(userId: string): Promise<void> {
    await insist(() => this.#world.container().members.remove(this.#userId(0), this.#conversationId, userId));
  }

  async #fanOut(): Promise<void> {
    const delivered = this.#delivered;
    this.#fanningOut += 1;
    await this.#world.fanOutAll();
    this.#fanningOut -= 1;
    if (this.#fanningOut === 0) this.#pushed = Math.max(this.#pushed, delivered);
  }

  /** One batch at a time, as the event source has it. */
  #deliver(again: boolean): Promise<void> {
    this.#delivering = this.#delivering.then(async () => {
      let batch = this.#pending.splice(0);
      if (again && batch.length > 0) await this.#world.container().deliver.deliver(batch);
      for (let attempt = 0; batch.length > 0; attempt += 1) {
        if (attempt === 20) throw new Error('A batch never came through');
        batch = await this.#consumer.deliver.deliver(batch);
      }
      this.#delivered = await this.lastSeq();
    });
    return this.#delivering;
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }

  #record(actor: number): StreamRecord {
    this.#records += 1;
    const message = {
      version: 1,
      acceptId: randomUUID(),
      acceptedAt: new Date().toISOString(),
      conversationId: this.#conversationId,
      senderId: this.#userId(actor),
      messageId: randomUUID(),
      type: 'text',
      content: 'hello',
    };
    return {
      sequenceNumber: String(this.#records),
      eventId: `shard:${this.#records}`,
      partitionKey: this.#conversationId,
      data: Buffer.from(JSON.stringify(message)).toString('base64'),
    };
  }

  #connection(actor: number, connectionId: string) {
    const now = Date.now();
    return { userId: this.#userId(actor), connectionId, connectedAt: now, lastSeenAt: now, authEpoch: 1 };
  }

  #userId(actor: number): string {
    return this.actors[actor] ?? '';
  }
}

/** What a connection was sent so far. */
export function eventsOf(world: World, connectionId: string): ServerEvent[] {
  return (world.connections.posted.get(connectionId) ?? []).map((frame) => JSON.parse(frame));
}

export function seqsIn(events: ServerEvent[]): Set<number> {
  return new Set(
    events.flatMap((event) => (event.type === 'message' ? event.messages.map(({ seq }) => seq) : [])),
  );
}

/** Many change the group at once, so one may be told to try again. */
async function insist(change: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      await change();
      return;
    } catch (error) {
      if (!(error instanceof ParleyError && error.code === 'UNAVAILABLE')) throw error;
    }
  }
  throw new Error('A change never came through');
}
