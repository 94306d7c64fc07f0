import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { ParleyError } from './errors.ts';
import { Lane } from './lane.ts';
import { newMessageId } from './message-id.ts';
import { type OutgoingActions, OutgoingMessage } from './outgoing.ts';
import type { Message } from './protocol.ts';
import { SendingOrder } from './sending-order.ts';
import { type End, SharedRecords } from './shared-records.ts';
import type { OutboxRecord, OutboxStorage } from './storage.ts';
import type { Tabs } from './tabs.ts';

export type SendOptions = {
  /** The `seq` of the message that this one answers. */
  replyTo?: number | undefined;
  /** @default a new UUIDv7 */
  messageId?: string | undefined;
};

type Parts = {
  connection: Pick<Connection, 'request'>;
  clock: Clock;
  random: () => number;
  storage: OutboxStorage;
  tabs: Tabs;
  /** A message is new here or has another state. */
  onChange(message: OutgoingMessage): void;
  onError(error: unknown): void;
};

/** So many messages that are resolved are remembered, so that no late word of another tab brings one back. */
const rememberedMessages = 1_000;

/** One's own messages until they are stored: kept, sent in order, sent again, and given up only by the user. */
export class Outbox {
  readonly #parts: Parts;
  readonly #messages = new Map<string, OutgoingMessage>();
  readonly #lanes = new Map<string, Lane>();
  readonly #order = new SendingOrder();
  readonly #resolved = new Set<string>();
  readonly #records: SharedRecords;
  readonly #actions: OutgoingActions = {
    retry: (message) => this.#retry(message),
    discard: (message) => this.#discard(message),
  };
  #userId: string | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#records = new SharedRecords({
      ...parts,
      onPut: (record) => this.#takeRecord(record),
      onGone: (end) => this.#takeEnd(end),
      onLead: () => this.#startLanes(),
    });
  }

  /** In the order in which they were queued. */
  all(conversationId?: string): OutgoingMessage[] {
    return [...this.#messages.values()]
      .filter((message) => conversationId === undefined || message.conversationId === conversationId)
      .sort((one, other) => one.order - other.order);
  }

  /** The records of this user from now on, those of earlier runs included. */
  open(userId: string): void {
    const isNew = this.#userId === undefined;
    this.#userId = userId;
    this.#records.open(userId);
    if (isNew) for (const message of this.all()) this.#keep(message);
  }

  /** Online: whoever leads sends. */
  start(): void {
    this.#records.seekLead();
  }

  stop(): void {
    this.#records.leaveLead();
    for (const lane of this.#lanes.values()) lane.stop();
  }

  /** Resolves when all that is to be kept is kept. */
  async close(reason: ParleyError): Promise<void> {
    for (const message of this.#messages.values()) message.closed(reason);
    await this.#records.close();
  }

  /** Gives up whatever there is of the user's, in the storage too, in whatever state it is. */
  async wipe(): Promise<void> {
    for (const message of this.all()) this.#end(message, { discarded: message.messageId });
    await this.#records.wipe();
  }

  send(conversationId: string, content: string, options: SendOptions): OutgoingMessage {
    const now = this.#parts.clock.now();
    const messageId = options.messageId ?? newMessageId(now);
    const known = this.#messages.get(messageId);
    if (known !== undefined) return known;
    const { replyTo } = options;
    const message = new OutgoingMessage(
      {
        messageId,
        conversationId,
        content,
        ...(replyTo !== undefined && { replyTo }),
        queuedAt: now,
        order: this.#order.next(now),
        state: 'queued',
      },
      this.#actions,
    );
    this.#add(message, false);
    this.#keep(message);
    return message;
  }

  /** Messages of whatever origin were seen stored; one's own among them have arrived. */
  settle(messages: readonly Message[]): void {
    for (const stored of messages) {
      if (stored.senderId !== this.#userId) continue;
      const message = this.#messages.get(stored.messageId);
      if (message === undefined) continue;
      void this.#records.delete(message.messageId, { stored });
      this.#end(message, { stored });
    }
  }

  /** The server could not store a message that it had acknowledged. */
  refused(messageId: string, error: ParleyError): void {
    const message = this.#messages.get(messageId);
    if (message !== undefined && message.state !== 'failed') this.#fail(message, error);
  }

  #add(message: OutgoingMessage, isKept: boolean): void {
    this.#messages.set(message.messageId, message);
    this.#lane(message).add(message, isKept);
    if (!isKept) this.#order.add(message);
    this.#parts.onChange(message);
  }

  #lane({ conversationId }: OutgoingMessage): Lane {
    const existing = this.#lanes.get(conversationId);
    if (existing !== undefined) return existing;
    const lane = new Lane(this.#parts, {
      onSent: (message) => {
        if (message.state !== 'queued') return;
        message.become('sent');
        this.#changed(message);
      },
      onFailed: (message, error) => this.#fail(message, error),
    });
    this.#lanes.set(conversationId, lane);
    if (this.#records.leads) lane.start();
    return lane;
  }

  #startLanes(): void {
    for (const lane of this.#lanes.values()) lane.start();
  }

  #fail(message: OutgoingMessage, error: ParleyError): void {
    message.become('failed', { error });
    this.#changed(message);
  }

  #retry(message: OutgoingMessage): void {
    message.become('queued');
    this.#parts.onChange(message);
    this.#keep(message);
    this.#lane(message).kick();
  }

  #discard(message: OutgoingMessage): boolean {
    if (message.state !== 'queued' && message.state !== 'failed') return message.state === 'discarded';
    const end = { discarded: message.messageId };
    if (this.#userId !== undefined) void this.#records.delete(message.messageId, end);
    this.#end(message, end);
    return true;
  }

  /** A change that was made by whoever sends. */
  #changed(message: OutgoingMessage): void {
    this.#parts.onChange(message);
    if (this.#records.leads) void this.#records.put(() => this.#recordOf(message));
  }

  #keep(message: OutgoingMessage): void {
    if (this.#userId === undefined) return;
    const put = this.#records.put(() => {
      this.#order.fix(message);
      return this.#recordOf(message);
    });
    // Where it cannot be kept it is sent all the same; the application has heard of the storage's failure.
    void put.then(() => this.#lanes.get(message.conversationId)?.kept(message));
  }

  #end(message: OutgoingMessage, end: End): void {
    const { messageId } = message;
    this.#messages.delete(messageId);
    this.#order.fix(message);
    this.#resolved.add(messageId);
    const [oldest] = this.#resolved;
    if (oldest !== undefined && this.#resolved.size > rememberedMessages) this.#resolved.delete(oldest);
    const lane = this.#lane(message);
    lane.remove(message);
    if (lane.isEmpty) this.#lanes.delete(message.conversationId);
    if ('stored' in end) message.become('stored', { message: end.stored });
    else message.become('discarded');
    this.#parts.onChange(message);
  }

  #recordOf(message: OutgoingMessage): OutboxRecord | undefined {
    return this.#userId === undefined ? undefined : message.toRecord(this.#userId);
  }

  /** From the storage, or from another tab; whoever read it may have done so before it was sent. */
  #takeRecord(record: OutboxRecord): void {
    if (this.#resolved.has(record.messageId)) return;
    const known = this.#messages.get(record.messageId);
    if (known === undefined) {
      const message = new OutgoingMessage(record, this.#actions);
      this.#order.letPass(message);
      this.#add(message, true);
    } else if (known.state !== record.state && !(known.state === 'sent' && record.state === 'queued')) {
      const { error } = record;
      known.become(record.state, error && { error: new ParleyError(error.code, error.message) });
      this.#parts.onChange(known);
      this.#lane(known).kick();
    }
  }

  /** What another tab has seen, or done. */
  #takeEnd(end: End): void {
    const message = this.#messages.get('stored' in end ? end.stored.messageId : end.discarded);
    if (message !== undefined) this.#end(message, end);
  }
}
