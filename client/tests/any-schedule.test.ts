/** Whatever becomes of frames, sockets, servers and the device itself, the application sees exactly the conversation. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ParleyClient } from '../src/client.ts';
import type { Message } from '../src/protocol.ts';
import { memoryStorage } from '../src/storage.ts';
import type { Timeline } from '../src/timeline.ts';
import { anyFate, type Fate, mildFate, storm } from './support/fate.ts';
import { Fixture } from './support/fixture.ts';
import { MortalDevice } from './support/mortal-device.ts';

const rooms = ['red', 'green', 'blue', 'black', 'white'];
/** Much happens in one of them, so that what happens has to do with each other. */
const room = fc.oneof(
  { weight: 3, arbitrary: fc.constant('red') },
  { weight: 2, arbitrary: fc.constantFrom(...rooms) },
);

type Step =
  | { do: 'wait'; ms: number }
  | { do: 'send' | 'otherSends' | 'ownPhoneSends' | 'create' | 'read' | 'phoneReads'; room: string }
  /** `back` from the newest message. */
  | {
      do: 'edit' | 'delete' | 'react' | 'unreact' | 'otherChanges' | 'othersChange';
      room: string;
      back: number;
    }
  /** Opens a timeline, or loads more of it. */
  | { do: 'scroll'; room: string }
  | { do: 'leave' | 'join' | 'rename' | 'pin'; room: string }
  | { do: 'cut' | 'vanish' | 'down' | 'up' | 'restart' | 'flicker' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 90_000 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('send' as const, 'otherSends' as const), room }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'ownPhoneSends' as const,
        'create' as const,
        'read' as const,
        'phoneReads' as const,
      ),
      room,
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'edit' as const,
        'delete' as const,
        'react' as const,
        'unreact' as const,
        'otherChanges' as const,
        'othersChange' as const,
      ),
      room,
      back: fc.nat({ max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('scroll' as const), room }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('leave' as const, 'join' as const, 'rename' as const, 'pin' as const),
      room,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'cut' as const,
        'vanish' as const,
        'down' as const,
        'restart' as const,
        'flicker' as const,
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('up' as const) }) },
);

/** One device of alice's under a schedule, and what its application has been told. */
class Device {
  readonly world = new Fixture();
  readonly storage = memoryStorage();
  readonly created = new Set<string>();
  /** What `send` was called with, in order. */
  readonly sent: { room: string; content: string }[] = [];
  client: ParleyClient;
  heard: Message[] = [];
  /** Of each message the copy that was told last. */
  copies = new Map<string, Message>();
  timelines = new Map<string, Timeline>();
  /** What had reached the storage, and must survive a crash. */
  readonly kept = new Set<string>();
  /** What was refused at some time; it may still come, where its frame came twice, and then in no order. */
  readonly refused = new Set<string>();
  #device: MortalDevice | undefined;
  #flicker = (): void => undefined;
  #count = 0;

  constructor(fates: Fate[]) {
    this.world.server.network = storm(fates);
    this.client = this.#start();
  }

  #start(): ParleyClient {
    this.#device = new MortalDevice(this.world, this.storage, (content) => this.kept.add(content), {
      signals: {
        watch: ({ up, down }) => {
          this.#flicker = () => {
            down();
            up();
          };
          return () => undefined;
        },
      },
    });
    const { client } = this.#device;
    const heard: Message[] = [];
    this.heard = heard;
    const copies = new Map<string, Message>();
    this.copies = copies;
    this.timelines = new Map();
    client.on('message', (message) => {
      heard.push(message);
      copies.set(keyOf(message), message);
    });
    client.on('outgoing', ({ state, content }) => {
      if (state === 'failed') this.refused.add(content);
    });
    client.on('messageChanged', (message) => {
      expect(message.revision).toBeGreaterThan(copies.get(keyOf(message))?.revision ?? 0);
      copies.set(keyOf(message), message);
    });
    return client;
  }

  #seq(id: string, back: number): number | undefined {
    const seq = this.world.server.chat.asStored(id).length - back;
    return seq > 0 ? seq : undefined;
  }

  async #change(what: 'edit' | 'delete' | 'react' | 'unreact', id: string, back: number, content: string) {
    const seq = this.#seq(id, back);
    const conversation = this.client.conversation(id);
    if (seq === undefined) return;
    if (what === 'edit') await conversation.edit(seq, content);
    else if (what === 'delete') await conversation.delete(seq);
    else await conversation[what](seq, '🎉');
  }

  async run(one: Step): Promise<void> {
    const { server, clock } = this.world;
    this.#count += 1;
    const content = `message ${this.#count}`;
    if ('room' in one && one.do !== 'create' && !this.created.has(one.room)) return;
    switch (one.do) {
      case 'wait':
        return clock.advance(one.ms);
      case 'create':
        if (this.created.has(one.room)) return;
        this.created.add(one.room);
        return server.chat.create(one.room, 'bob', ['alice']);
      case 'send':
        this.sent.push({ room: one.room, content });
        this.client.conversation(one.room).send(content);
        return;
      case 'otherSends':
        return this.world.say(one.room, 'bob', content);
      case 'ownPhoneSends':
        return this.world.say(one.room, 'alice', content);
      case 'read':
        void this.client
          .conversation(one.room)
          .markRead()
          .catch(() => undefined);
        return;
      case 'phoneReads':
        if (server.chat.isMember(one.room, 'alice')) server.chat.markRead(one.room, 'alice', 1_000);
        return;
      case 'edit':
      case 'delete':
      case 'react':
      case 'unreact':
        void this.#change(one.do, one.room, one.back, content).catch(() => undefined);
        return;
      case 'otherChanges':
      case 'othersChange': {
        const seq = this.#seq(one.room, one.back);
        if (seq === undefined) return;
        const { senderId } = server.chat.asStored(one.room)[seq - 1] ?? {};
        const both = [
          { action: 'editMessage' as const, seq, content },
          {
            action: 'react' as const,
            seq: 1,
            emoji: '👍',
            op: this.#count % 2 ? ('add' as const) : ('remove' as const),
          },
        ];
        return server.chat.change(
          one.room,
          senderId ?? 'bob',
          one.do === 'othersChange' ? both : both.slice(0, 1),
        );
      }
      case 'scroll': {
        const timeline = this.timelines.get(one.room) ?? this.client.conversation(one.room).timeline();
        this.timelines.set(one.room, timeline);
        void timeline.loadOlder().catch(() => undefined);
        return;
      }
      case 'leave':
        return server.chat.remove(one.room, 'alice');
      case 'join':
        return server.chat.add(one.room, 'alice');
      case 'rename':
        return server.chat.rename(one.room, content);
      case 'pin':
        if (server.chat.isMember(one.room, 'alice'))
          server.chat.pin(one.room, 'alice', this.#count % 2 === 0);
        return;
      case 'cut':
        return server.cut();
      case 'vanish':
        return server.vanish();
      case 'down':
        server.isDown = true;
        return server.cut();
      case 'up':
        server.isDown = false;
        return;
      case 'flicker':
        return this.#flicker();
      case 'restart':
        this.#device?.crash();
        this.client = this.#start();
        return;
    }
  }
}

const keyOf = ({ conversationId, seq }: Message) => `${conversationId} ${seq}`;

const fates = (fate: fc.Arbitrary<Fate>) => fc.array(fate, { maxLength: 250, size: 'max' });

const byId = (one: { conversationId: string }, other: { conversationId: string }) =>
  one.conversationId < other.conversationId ? -1 : 1;

const seqsOf = (messages: Message[]) => messages.map(({ seq }) => seq);

/** Schedules that once found a fault which few others find. */
const examples: [Step[], Fate[]][] = [
  // Acknowledged, and cut off before its event and before the inbox was read for the first time.
  [
    [{ do: 'send', room: 'red' }, { do: 'wait', ms: 305 }, { do: 'cut' }],
    [{ kind: 'refused', with: 'RATE_LIMITED' }, { kind: 'lost' }, { kind: 'refused', with: 'RATE_LIMITED' }],
  ],
];

test('the application sees exactly the conversation, and the server stores each message once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80, size: 'max' }),
      fc.oneof(fates(anyFate), fates(mildFate)),
      async (steps, fates) => {
        const device = new Device(fates);
        const { server, clock } = device.world;
        device.created.add('red');
        server.chat.create('red', 'bob', ['alice']);
        for (const one of steps) await device.run(one);

        server.isDown = false;
        server.network = storm([]);
        await clock.advance(30 * 60_000);

        const { client } = device;
        expect(client.state).toBe('online');
        expect(client.outgoing.map(({ state }) => state).filter((state) => state !== 'failed')).toEqual([]);
        const failed = client.outgoing.map(({ content }) => content);
        for (const { conversationId } of server.chat.inbox('alice')) {
          const stored = server.chat.messages(conversationId, 'alice');
          // In order, without a gap, each once, up to the end.
          const heard = device.heard.filter((message) => message.conversationId === conversationId);
          expect(seqsOf(heard)).toEqual(heard.length === 0 ? [] : seqsOf(stored.slice(-heard.length)));
          // One's own are there once, in the order in which they were sent.
          const own = device.sent.filter((one) => one.room === conversationId).map(({ content }) => content);
          const arrived = server.chat
            .asStored(conversationId)
            .map(({ content }) => content)
            .filter((content) => own.includes(content));
          const lost = own.filter((content) => !arrived.includes(content));
          const inOrder = (content: string) => arrived.includes(content) && !device.refused.has(content);
          expect(arrived.filter(inOrder)).toEqual(own.filter(inOrder));
          expect(lost.filter((content) => device.kept.has(content) && !failed.includes(content))).toEqual([]);
        }

        // Titles, markers and memberships have no number that would show what was lost, nor has the last change to a
        // conversation's messages: a connect looks at all of them.
        server.cut();
        await clock.advance(60_000);
        for (const { conversationId } of server.chat.inbox('alice')) {
          const stored = server.chat.messages(conversationId, 'alice');
          // Whatever the application was told is as it is on the server, and so is what a list shows.
          for (const message of stored) {
            const copy = device.copies.get(keyOf(message));
            if (copy !== undefined) expect(copy).toEqual(message);
          }
          const shown = device.timelines.get(conversationId)?.messages ?? [];
          expect(shown).toEqual(shown.length === 0 ? [] : stored.slice((shown[0]?.seq ?? 1) - 1));
          // With the history it is all of it.
          const timeline = client.conversation(conversationId).timeline();
          while (timeline.hasOlder) {
            const loading = timeline.loadOlder();
            await clock.advance(1_000);
            await loading;
          }
          expect(timeline.messages).toEqual(stored);
        }
        expect([...client.conversations()].sort(byId)).toEqual(server.chat.inbox('alice').sort(byId));
        await client.close();
      },
    ),
    { examples, numRuns: Number(process.env['RUNS'] ?? 200) },
  );
});
