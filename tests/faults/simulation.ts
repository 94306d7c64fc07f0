import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import { newHead, newRow } from '../../lambdas/services/new-conversation.ts';
import type { SocketCaller } from '../../lambdas/stores/caller-rows.ts';
import { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import type { Container, World } from '../support/world.ts';
import { EventSource } from './event-source.ts';
import { type Fault, FaultSource } from './faults.ts';
import { conversationMembers, type Step, userCount } from './schedule.ts';

/** One message as its client knows it. */
export type Sent = {
  user: number;
  messageId: string;
  /** All that was ever sent under this id: another text, or into another conversation, is a client's mistake. */
  attempts: { conversation: number; content: string }[];
  acknowledged: boolean;
  /** The run's clock when the first ack was there, and when the first attempt began. */
  acknowledgedAt: number;
  begunAt: number;
};

/** More faults than a schedule holds cannot follow one another: a client that tries so often gets through. */
const maxTries = 200;

/** Carries out one schedule: clients that insist, an event source that retries, and Lambdas that fail as they are told to. */
export class Simulation {
  readonly sent: Sent[] = [];
  /** Users who at some time were not members of a conversation: `user/conversation`. */
  readonly absences = new Set<string>();
  /** When users were away: no message of theirs may be stored with `from < seq ≤ to`. */
  readonly away: { user: number; conversation: number; from: number; to: number }[] = [];
  /** The read marker each client was last told of: `user/conversation`. */
  readonly markers = new Map<string, number>();
  readonly faults: FaultSource;
  readonly userIds: string[] = [];
  readonly conversationIds: string[] = [];
  readonly #world: World;
  /** What was delivered, in order. Only that may be replayed: the rest still has its place to come. */
  readonly #delivered: StreamRecord[] = [];
  #pending: StreamRecord[] = [];
  #delivering: Promise<void> = Promise.resolve();
  readonly #source: EventSource;
  /** Sees what is stored, and is not part of the run. */
  readonly #observer: Container;
  #clock = 0;

  private constructor(world: World, planned: Fault[]) {
    this.#world = world;
    this.faults = new FaultSource(planned);
    this.#observer = world.container();
    this.#source = new EventSource(world, this.faults);
  }

  /** A world with this run's own users, each with a connection, and their conversations. */
  static async begin(world: World, planned: Fault[]): Promise<Simulation> {
    const run = new Simulation(world, planned);
    const { stores } = world.container();
    const connectedAt = Date.now();
    run.userIds.push(...(await world.users(userCount)));
    for (const userId of run.userIds) {
      await stores.presence.register({ userId, connectionId: userId, connectedAt, lastSeenAt: connectedAt });
    }
    for (const [conversation, members] of conversationMembers.entries()) {
      const conversationId = `cnv_${randomUUID()}`;
      run.conversationIds.push(conversationId);
      const counts = { memberCount: members.length, adminCount: 1 };
      const head = newHead(conversationId, 'GROUP', 'A group', run.#userId(0), counts);
      const role = (user: number) => (user === 0 ? 'admin' : 'member');
      await stores.memberships.create(
        head,
        members.map((user) => newRow(head, run.#userId(user), role(user))),
      );
      for (let user = 0; user < userCount; user += 1) {
        if (!(members as readonly number[]).includes(user)) run.absences.add(`${user}/${conversation}`);
      }
    }
    return run;
  }

  /** The changes that came out of the stream, in its order. */
  get changes(): AcceptedChange[] {
    return this.#delivered.flatMap(({ data }) => {
      const parsed = v.safeParse(AcceptedChange, JSON.parse(Buffer.from(data, 'base64').toString()));
      return parsed.success ? [parsed.output] : [];
    });
  }

  async carryOut(schedule: Step[][]): Promise<void> {
    for (const group of schedule) await Promise.all(group.map((step) => this.#take(step)));
    this.faults.clear();
    await this.#deliver(Number.MAX_SAFE_INTEGER, 'once');
  }

  async #take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'send': {
        const { user, conversation, content } = step;
        const message: Sent = {
          user,
          messageId: randomUUID(),
          attempts: [],
          acknowledged: false,
          acknowledgedAt: Number.POSITIVE_INFINITY,
          begunAt: this.#tick(),
        };
        this.sent.push(message);
        return this.#send(message, conversation, content);
      }
      case 'resend': {
        const message = this.sent[step.which % Math.max(this.sent.length, 1)];
        const [first] = message?.attempts ?? [];
        if (message === undefined || first === undefined) return;
        if (!step.changed) return this.#send(message, first.conversation, first.content);
        return this.#send(message, 0, `${first.content} (changed)`);
      }
      case 'change': {
        const { user, conversation, which, change } = step;
        const conversationId = this.#conversationId(conversation);
        const head = await this.#observer.stores.conversations.head(conversationId);
        const seq = 1 + (which % Math.max(head?.lastSeq ?? 0, 1));
        await this.#insist(['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'], ({ acceptChange }) =>
          acceptChange.accept(this.#caller(user), { conversationId, seq }, change),
        );
        return;
      }
      case 'markRead': {
        const { user, conversation, seq } = step;
        const marked = await this.#insist(['NOT_FOUND'], ({ markers }) =>
          markers.markRead(this.#caller(user), this.#conversationId(conversation), seq),
        );
        if (marked === undefined) return;
        const key = `${user}/${conversation}`;
        this.markers.set(key, Math.max(marked, this.markers.get(key) ?? 0));
        return;
      }
      case 'leave': {
        const { user, conversation } = step;
        this.absences.add(`${user}/${conversation}`);
        await this.#insist(['NOT_FOUND'], ({ members }) =>
          members.remove(this.#userId(user), this.#conversationId(conversation), this.#userId(user)),
        );
        this.markers.delete(`${user}/${conversation}`);
        const head = await this.#observer.stores.conversations.head(this.#conversationId(conversation));
        this.away.push({ user, conversation, from: head?.lastSeq ?? 0, to: Number.POSITIVE_INFINITY });
        return;
      }
      case 'join': {
        const { user, conversation } = step;
        const conversationId = this.#conversationId(conversation);
        await this.#insist([], ({ members }) =>
          members.add(this.#userId(0), conversationId, [this.#userId(user)]),
        );
        const member = await this.#observer.stores.memberships.member(conversationId, this.#userId(user));
        const stays = this.away.filter((stay) => stay.user === user && stay.conversation === conversation);
        for (const stay of stays) stay.to = Math.min(stay.to, member?.joinedSeq ?? Number.POSITIVE_INFINITY);
        return;
      }
      case 'deliver':
        return this.#deliver(step.size, step.mode);
      case 'replay': {
        return this.#exclusively(() => {
          const from = step.from % Math.max(this.#delivered.length, 1);
          return this.#source.deliver(this.#delivered.slice(from, from + step.size), 'once');
        });
      }
    }
  }

  /** As a socket's, whose session is looked at with each frame. */
  #caller(user: number): SocketCaller {
    return { userId: this.#userId(user), authEpoch: 1 };
  }

  async #send(message: Sent, conversation: number, content: string): Promise<void> {
    message.attempts.push({ conversation, content });
    const { messageId } = message;
    const ack = await this.#insist(['NOT_FOUND'], ({ accept }) =>
      accept.accept(this.#caller(message.user), {
        conversationId: this.#conversationId(conversation),
        messageId,
        content,
      }),
    );
    if (ack === undefined || message.acknowledged) return;
    message.acknowledged = true;
    message.acknowledgedAt = this.#tick();
  }

  /** A client that asks again, each time of another Lambda, until it has an answer; `undefined` for an expected refusal. */
  async #insist<T>(
    expected: ParleyError['code'][],
    ask: (container: Container) => Promise<T>,
  ): Promise<T | undefined> {
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      const container = this.#world.container(this.faults);
      try {
        const answer = await ask(container);
        if (!container.invocation.dead) return answer;
      } catch (error) {
        const isAnswer = error instanceof ParleyError && error.code !== 'UNAVAILABLE';
        if (!isAnswer || container.invocation.dead) continue;
        if (expected.includes(error.code)) return undefined;
        throw error;
      }
    }
    throw new Error('A client never got an answer');
  }

  #deliver(size: number, mode: 'once' | 'twice' | 'at once'): Promise<void> {
    return this.#exclusively(async () => {
      this.#pending.push(...(await this.#world.newRecords()));
      const batch = this.#pending.slice(0, size);
      await this.#source.deliver(batch, mode);
      this.#delivered.push(...batch);
      this.#pending = this.#pending.slice(batch.length);
    });
  }

  /** The event source has one batch of a partition under way at a time. */
  #exclusively(work: () => Promise<void>): Promise<void> {
    this.#delivering = this.#delivering.then(work);
    return this.#delivering;
  }

  #userId(user: number): string {
    return this.userIds[user] ?? '';
  }

  #conversationId(conversation: number): string {
    return this.conversationIds[conversation] ?? '';
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }
}
