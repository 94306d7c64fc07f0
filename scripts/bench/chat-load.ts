import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Histogram, build as histogram } from 'hdr-histogram-js';
import { WebSocket } from 'ws';

export type LoadResult = {
  /** Microseconds from a send to the `message` event at the other member. */
  latency: Histogram;
  sent: number;
  received: number;
  errors: string[];
};

type Person = { userId: string; socket: WebSocket };
type Pair = { conversationId: string; people: [Person, Person] };

const password = 'a password of the benchmark';
/** How long after the last send a message may still arrive. */
const settleMs = 5_000;

/** Pairs of people in a direct conversation each, with a socket each. */
export class ChatLoad {
  readonly #pairs: Pair[];
  #run = 0;

  private constructor(pairs: Pair[]) {
    this.#pairs = pairs;
  }

  /** @param accepts which conversations may serve; people of others stay strangers */
  static async connect(
    { url, webSocketUrl }: { url: string; webSocketUrl: string },
    pairCount: number,
    accepts: (conversationId: string) => boolean = () => true,
  ): Promise<ChatLoad> {
    const pairs: Pair[] = [];
    for (let index = 0; pairs.length < pairCount; index += 1) {
      const one = await register(url, `bench-${index}-a`);
      const other = await register(url, `bench-${index}-b`);
      const { conversationId } = await post<{ conversationId: string }>(
        `${url}/v1/conversations`,
        { type: 'DM', memberIds: [other.user.userId] },
        one.token,
      );
      if (!accepts(conversationId)) continue;
      const people = await Promise.all([one, other].map((session) => open(webSocketUrl, session)));
      pairs.push({ conversationId, people: people as [Person, Person] }); // Two in, two out.
    }
    return new ChatLoad(pairs);
  }

  /** `perSecond` messages altogether, evenly spaced, for `seconds`: people of a pair speak in turn. */
  async run(perSecond: number, seconds: number): Promise<LoadResult> {
    this.#run += 1;
    const result: LoadResult = {
      latency: histogram({ numberOfSignificantValueDigits: 3 }),
      sent: 0,
      received: 0,
      errors: [],
    };
    const begun = new Map<string, { at: number; senderId: string }>();
    const listeners = this.#pairs.flatMap(({ people }) =>
      people.map(({ userId, socket }) => {
        const listener = (data: WebSocket.RawData) => {
          const now = performance.now();
          const event = JSON.parse(String(data));
          if (event.type === 'error') result.errors.push(event.code);
          if (event.type !== 'message') return;
          for (const { messageId } of event.messages) {
            const send = begun.get(messageId);
            if (send === undefined || send.senderId === userId) continue;
            begun.delete(messageId);
            result.received += 1;
            result.latency.recordValue(Math.max(1, Math.round((now - send.at) * 1000)));
          }
        };
        socket.on('message', listener);
        return () => socket.off('message', listener);
      }),
    );

    const start = performance.now();
    const total = Math.round(perSecond * seconds);
    for (; result.sent < total; result.sent += 1) {
      const wait = start + (result.sent * 1000) / perSecond - performance.now();
      // Late ones follow at once: the rate asked for is kept, and their latency counts from now.
      if (wait > 0) await setTimeout(wait);
      const pair = this.#pairs[result.sent % this.#pairs.length];
      const sender = pair?.people[Math.floor(result.sent / this.#pairs.length) % 2];
      if (pair === undefined || sender === undefined) throw new Error('No pair to speak');
      const messageId = `bench-${this.#run}-${result.sent}`;
      begun.set(messageId, { at: performance.now(), senderId: sender.userId });
      sender.socket.send(
        JSON.stringify({
          action: 'sendMessage',
          conversationId: pair.conversationId,
          messageId,
          content: 'A message of some forty characters or so.',
        }),
      );
    }
    const deadline = performance.now() + settleMs;
    while (begun.size > 0 && performance.now() < deadline) await setTimeout(20);
    for (const stop of listeners) stop();
    return result;
  }

  close(): void {
    for (const { people } of this.#pairs) for (const { socket } of people) socket.close();
  }
}

type Session = { token: string; user: { userId: string } };

async function register(url: string, username: string): Promise<Session> {
  return post<Session>(`${url}/v1/users`, { username, password });
}

async function open(webSocketUrl: string, { token, user }: Session): Promise<Person> {
  const socket = new WebSocket(webSocketUrl, ['parley.v1', `bearer.${token}`]);
  await once(socket, 'open');
  return { userId: user.userId, socket };
}

async function post<T>(url: string, body: object, token?: string): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T; // Its shape is the protocol's.
}
