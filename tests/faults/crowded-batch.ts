import { randomUUID } from 'node:crypto';
import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import { newRow } from '../../lambdas/services/new-conversation.ts';
import type { ConversationHead } from '../../lambdas/stores/conversation-store.ts';
import type { AcceptedChange, MessageChange } from '../../shared/domain/accepted-change.ts';
import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import { writeGroup } from '../support/group-rows.ts';
import { acceptedMessage } from '../support/restored-conversation.ts';
import type { Container, World } from '../support/world.ts';
import {
  type CrowdedPlan,
  changerOf,
  isConnected,
  leaverCount,
  senderOf,
  targetCount,
} from './crowded-plan.ts';
import { EventSource } from './event-source.ts';
import { type Fault, FaultSource, type Meanwhile } from './faults.ts';

const sizes = { small: 0, growing: 200, large: 201 };
/** The last member is none of the senders: what another writer appends is by them. */
const othersCount = 2;
const maxRaces = 50;

/** One crowded batch: what is stored before, the batch itself, and its delivery among faults. */
export class CrowdedBatch {
  readonly plan: CrowdedPlan;
  readonly faults: FaultSource;
  readonly source: EventSource;
  /** As each is to be stored, in the order in which they were first accepted. */
  readonly firsts: AcceptedMessage[] = [];
  /** Messages of which some sending is to be answered CONFLICT. */
  readonly conflicting = new Set<string>();
  readonly targets: AcceptedMessage[];
  readonly changes: AcceptedChange[] = [];
  /** Who has left while the batch was delivered. */
  readonly left = new Set<string>();
  readonly conversationId: string;
  readonly #members: readonly string[];
  readonly #observer: Container;
  readonly #batch: StreamRecord[];
  readonly #before: AcceptedMessage[] = [];
  readonly #acceptIds = new Set<string>();

  private constructor(
    world: World,
    plan: CrowdedPlan,
    planned: (Fault | Meanwhile)[],
    group: { conversationId: string; members: readonly string[] },
  ) {
    this.plan = plan;
    this.conversationId = group.conversationId;
    this.#members = group.members;
    this.#observer = world.container();
    this.faults = new FaultSource(planned, (what) => this.#interfere(what));
    this.source = new EventSource(world, this.faults);
    this.targets = Array.from({ length: targetCount }, (_, one) => this.#message(one, `target ${one}`));
    const messages = this.#messages();
    for (let number = 0; number < plan.changes; number += 1) this.changes.push(this.#change(number));
    this.#batch = mixed(messages, this.changes).map(recordOf);
  }

  /** @param crowd users enough for a large group */
  static async begin(
    world: World,
    plan: CrowdedPlan,
    planned: (Fault | Meanwhile)[],
    crowd: readonly string[],
  ): Promise<CrowdedBatch> {
    const observer = world.container();
    const members = crowd.slice(0, Math.max(sizes[plan.group], plan.senders + othersCount));
    const [admin = '', ...others] = members;
    const facts = plan.group === 'small' ? {} : { subscriptions: 'complete' as const };
    const conversationId = await writeGroup(observer, admin, others, facts);
    const run = new CrowdedBatch(world, plan, planned, { conversationId, members });
    if (plan.group !== 'small') {
      const { stores, subscriptions } = observer;
      await subscriptions.subscribe(await stores.memberships.membersAmong(conversationId, run.listeners));
    }
    const failed = await observer.deliver.deliver([...run.targets, ...run.#before].map(recordOf));
    if (failed.length > 0) throw new Error('What was to be there before was not stored');
    return run;
  }

  async carryOut(): Promise<void> {
    const { delivery } = this.plan;
    const batch = this.#batch;
    if (delivery === 'halves') {
      const middle = Math.ceil(batch.length / 2);
      for (const half of [batch.slice(0, middle), batch.slice(middle)])
        await this.source.deliver(half, 'once');
    }
    await this.source.deliver(batch, delivery === 'halves' ? 'once' : delivery);
  }

  /** Members throughout whose connections hear what is said: of a group that has subscriptions just two have one. */
  get listeners(): string[] {
    if (this.plan.group !== 'small') return this.#members.slice(0, 2);
    return this.#members.slice(0, this.plan.senders - leaverCount).filter((_, member) => isConnected(member));
  }

  /** Messages that are stored by this delivery, or by an earlier one of the same records. */
  get delivered(): AcceptedMessage[] {
    const byClients = new Set(this.#before.filter(({ acceptId }) => !this.#acceptIds.has(acceptId)));
    return this.firsts.filter((message) => !byClients.has(message));
  }

  get members(): readonly string[] {
    return this.#members.filter((userId) => !this.left.has(userId));
  }

  /** Those whose connections are told of errors. */
  get connected(): string[] {
    return this.#members.filter((userId, member) => isConnected(member) && !this.left.has(userId));
  }

  /** Those who send, in the order of their first message. */
  get senders(): string[] {
    return [...new Set(this.firsts.map(({ senderId }) => senderId))];
  }

  /** The messages of the batch, in its order; `firsts`, `conflicting` and what was stored before follow from them. */
  #messages(): AcceptedMessage[] {
    const { plan } = this;
    const messages = Array.from({ length: plan.messages }, (_, number) =>
      this.#message(senderOf(plan, number), `message ${number}`),
    );
    const later = new Set(messages);
    const before = [...plan.before].sort((one, other) => one.message - other.message);
    for (const { message, by } of before) {
      const record = messages[message];
      if (record === undefined) continue;
      const content = by === 'client, otherwise' ? `${record.content}, otherwise` : record.content;
      const acceptId = by === 'same record' ? record.acceptId : randomUUID();
      this.#before.push({ ...record, acceptId, content });
      later.delete(record);
      if (by === 'client, otherwise') this.conflicting.add(record.messageId);
    }
    this.firsts.push(...this.#before, ...later);
    for (const { acceptId } of messages) this.#acceptIds.add(acceptId);
    const again = plan.again.flatMap(({ message, changed }) => {
      const record = messages[message];
      if (record === undefined) return [];
      if (changed) this.conflicting.add(record.messageId);
      const content = changed ? `${record.content}, again` : record.content;
      return [{ ...record, acceptId: randomUUID(), content }];
    });
    return [...messages, ...again];
  }

  /** Reactions for the most part; edits by the sender and by another, who may not; and one deletion, after which some come late. */
  #change(number: number): AcceptedChange {
    const target = number % targetCount;
    const own = number % 5 === 3 || number === 20;
    const user = own ? target : changerOf(this.plan, number);
    const { acceptId, acceptedAt } = this.#message(0, '');
    const { conversationId } = this;
    const ids = { acceptId, acceptedAt, conversationId, seq: target + 1, userId: this.#userId(user) };
    return { version: 1, kind: 'change', ...ids, change: kindOf(number) };
  }

  async #interfere(what: Meanwhile): Promise<void> {
    if (what === 'append') return this.#race((head) => this.#append(head));
    const { memberships } = this.#observer.stores;
    if (what === 'join') {
      const userId = `usr_${randomUUID()}`;
      return this.#race((head) => memberships.add(head, [newRow(head, userId, 'member')]));
    }
    const userId = this.#userId(this.plan.senders - leaverCount + this.left.size);
    if (this.left.size === leaverCount) return;
    this.left.add(userId);
    return this.#race(async (head) => {
      const member = await memberships.member(this.conversationId, userId);
      return member === undefined || memberships.remove(head, member);
    });
  }

  /** A message by another writer, who dies right after. */
  async #append(head: ConversationHead): Promise<boolean> {
    const { acceptId, ...accepted } = this.#message(this.plan.senders, 'by another writer');
    const { conversationId, messageId, senderId, type, content } = accepted;
    const ids = {
      conversationId,
      messageId,
      senderId,
      seq: head.lastSeq + 1,
      createdAt: head.lastActivityAt,
    };
    const entry = { message: { ...ids, type, content }, acceptId, fingerprint: 'of no use here' };
    return (await this.#observer.stores.log.append(head, [entry])).outcome === 'appended';
  }

  async #race(attempt: (head: ConversationHead) => Promise<boolean>): Promise<void> {
    for (let races = 0; races < maxRaces; races += 1) {
      const head = await this.#observer.stores.conversations.head(this.conversationId);
      if (head === undefined || (await attempt(head))) return;
    }
    throw new Error('Nobody else ever won a race');
  }

  #message(sender: number, content: string): AcceptedMessage {
    return acceptedMessage(this.conversationId, this.#userId(sender), content);
  }

  #userId(member: number): string {
    return this.#members[member] ?? '';
  }
}

function kindOf(number: number): MessageChange {
  if (number === 20) return { type: 'delete' };
  if (number % 5 >= 3) return { type: 'edit', content: `edit ${number}` };
  return { type: 'react', emoji: '👍', op: number % 7 === 6 ? 'remove' : 'add' };
}

/** Two lists as one, each in its order, and spread over the other. */
function mixed<One, Other>(ones: One[], others: Other[]): (One | Other)[] {
  const placed = <T>(items: T[]) => items.map((item, index) => ({ item, at: (index + 0.5) / items.length }));
  return [...placed(ones), ...placed(others)].sort((one, other) => one.at - other.at).map(({ item }) => item);
}

function recordOf(accepted: AcceptedMessage | AcceptedChange): StreamRecord {
  const { acceptId, conversationId } = accepted;
  const data = Buffer.from(JSON.stringify(accepted)).toString('base64');
  return { sequenceNumber: acceptId, eventId: acceptId, partitionKey: conversationId, data };
}
