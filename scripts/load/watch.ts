import type { Message, OutgoingMessage } from '../../client/src/index.ts';
import { ChangeWatch } from './change-watch.ts';
import type { Crowd, Talk } from './crowd.ts';
import type { Measurements } from './measurements.ts';
import { type Observation, ofMember, type Received, type Sent, setOfMember } from './observation.ts';
import type { Person } from './person.ts';

type Tracked = { sent: Sent; plannedAt: number; acknowledged: boolean };

/** Each user marks a conversation as read once in so many messages. */
const messagesPerMarker = 25;

/** Writes down what every client of the crowd is told, and what becomes of what it sends. */
export class Watch {
  readonly observation: Observation = {
    sent: [],
    received: new Map(),
    markers: new Map(),
    shown: new Map(),
    changes: [],
    lateRefusals: [],
    copies: new Map(),
  };
  readonly changes: ChangeWatch;
  readonly #measurements: Measurements;
  readonly #crowd: Crowd;
  readonly #members: Map<string, number>;
  readonly #tracked = new Map<string, Tracked>();
  /** Events that stored messages should still cause. */
  #due = 0;
  #unsettled = 0;
  /** Read markers that were asked for and not answered. */
  readonly #marking = new Set<Promise<void>>();

  constructor(crowd: Crowd, measurements: Measurements) {
    this.#crowd = crowd;
    this.#measurements = measurements;
    this.#members = new Map(
      crowd.talks.map(({ conversationId, members }) => [conversationId, members.length]),
    );
    for (const person of crowd.people) this.#listenTo(person);
    this.changes = new ChangeWatch(crowd, this.observation, measurements);
  }

  get connected(): number {
    return this.#crowd.people.filter(({ client }) => client.state === 'online').length;
  }

  /** Messages that are neither stored nor refused, as far as their senders know. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Messages at members that have not come yet. */
  get due(): number {
    return this.#due;
  }

  send(person: Person, { conversationId }: Talk, content: string, plannedAt: number): void {
    this.#measurements.sent(performance.now() - plannedAt);
    const outgoing = person.client.conversation(conversationId).send(content);
    const sent: Sent = {
      messageId: outgoing.messageId,
      conversationId,
      senderId: person.userId,
      content,
      state: 'queued',
      seq: undefined,
      error: undefined,
    };
    this.observation.sent.push(sent);
    this.#tracked.set(keyOf(sent), { sent, plannedAt, acknowledged: false });
    this.#unsettled += 1;
  }

  /** How many messages were sent since then, by `performance.now()`. */
  sentSince(time: number): number {
    return [...this.#tracked.values()].filter(({ plannedAt }) => plannedAt >= time).length;
  }

  /** People whose client has not been told of all that is stored. */
  laggards(): Person[] {
    const stored = new Map<string, number>();
    for (const { conversationId, state } of this.observation.sent)
      if (state === 'stored') stored.set(conversationId, (stored.get(conversationId) ?? 0) + 1);
    const behind = new Set<Person>();
    for (const { conversationId, members } of this.#crowd.talks) {
      const count = stored.get(conversationId) ?? 0;
      for (const person of members) {
        const told = ofMember(this.observation.received, person.userId, conversationId)?.length ?? 0;
        if (told < count) behind.add(person);
      }
    }
    return [...behind];
  }

  /** Has a client mark a conversation as read up to where it was told of messages. */
  markRead(person: Person, conversationId: string): void {
    const { observation } = this;
    const conversation = person.client.conversation(conversationId);
    const seq = conversation.info?.lastSeq ?? 0;
    if (seq <= (conversation.info?.lastReadSeq ?? 0)) return;
    const marker = ofMember(observation.markers, person.userId, conversationId) ?? { asked: 0, confirmed: 0 };
    setOfMember(observation.markers, person.userId, conversationId, marker);
    marker.asked = Math.max(marker.asked, seq);
    const marking = conversation
      .markRead(seq)
      .then(
        () => {
          marker.confirmed = Math.max(marker.confirmed, seq);
        },
        (error: unknown) => this.#measurements.error(`markRead: ${codeOf(error)}`),
      )
      .finally(() => this.#marking.delete(marking));
    this.#marking.add(marking);
  }

  /** Once every read marker that was asked for so far has been answered: one of long ago may still be on its way. */
  async markersAreSet(): Promise<void> {
    await Promise.all(this.#marking);
  }

  /** Writes down what the clients' inboxes show now. */
  lookAtInboxes(): void {
    for (const { userId, client } of this.#crowd.people) {
      for (const { conversationId, lastSeq, lastReadSeq, unreadCount } of client.conversations()) {
        if (!this.#members.has(conversationId)) continue;
        setOfMember(this.observation.shown, userId, conversationId, { lastSeq, lastReadSeq, unreadCount });
      }
    }
  }

  #listenTo(person: Person): void {
    const { client } = person;
    let wasOnline = false;
    client.on('message', (message) => this.#received(person, message));
    client.on('outgoing', (outgoing) => this.#outgoing(outgoing, person.userId));
    client.on('error', (error) => this.#measurements.error(codeOf(error)));
    client.on('state', ({ state, reason }) => {
      if (state === 'online' && wasOnline) this.#measurements.reconnected();
      if (state === 'online') wasOnline = true;
      if (state === 'offline' && reason !== undefined) this.#measurements.error(`offline: ${reason.code}`);
    });
  }

  #received(person: Person, { conversationId, seq, messageId, senderId, content }: Message): void {
    if (!this.#members.has(conversationId)) return;
    const tracked = this.#tracked.get(keyOf({ senderId, messageId }));
    const told = ofMember(this.observation.received, person.userId, conversationId) ?? [];
    setOfMember(this.observation.received, person.userId, conversationId, told);
    told.push(this.#shared({ seq, messageId, senderId, content }, tracked?.sent));
    this.#due -= 1;
    const ownCopy = senderId === person.userId || tracked === undefined;
    this.#measurements.received(ownCopy ? undefined : performance.now() - tracked.plannedAt);
    if (told.length % messagesPerMarker === 0) this.markRead(person, conversationId);
  }

  /** Millions of deliveries fit into memory where they share the strings of what was sent. */
  #shared(message: Received, sent: Sent | undefined): Received {
    if (sent === undefined) return message;
    const { messageId, senderId, content } = sent;
    return message.content === content ? { seq: message.seq, messageId, senderId, content } : message;
  }

  #outgoing({ messageId, state, error, message }: OutgoingMessage, senderId: string): void {
    const tracked = this.#tracked.get(keyOf({ senderId, messageId }));
    if (tracked === undefined || state === 'discarded') return; // Told while `send` runs: it is queued.
    const { sent, plannedAt } = tracked;
    const now = performance.now();
    // An event that overtakes the ack says at least as much.
    if ((state === 'sent' || state === 'stored') && !tracked.acknowledged) {
      tracked.acknowledged = true;
      this.#measurements.acknowledged(now - plannedAt);
    }
    if (state === 'stored' && sent.state !== 'stored') {
      this.#unsettled -= 1;
      this.#due += this.#members.get(sent.conversationId) ?? 0;
      this.#measurements.stored(now - plannedAt);
    }
    if (state === 'failed' && sent.state !== 'failed') {
      this.#unsettled -= 1;
      this.#measurements.error(`send: ${error?.code}`);
    }
    sent.state = state;
    sent.seq = message?.seq;
    sent.error = state === 'failed' ? `${error?.code} ${error?.message}` : undefined;
  }
}

function keyOf({ senderId, messageId }: { senderId: string; messageId: string }): string {
  return `${senderId}/${messageId}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
