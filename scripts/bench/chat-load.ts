import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Histogram, build as histogram } from 'hdr-histogram-js';
import { WebSocket } from 'ws';

export type LoadResult = {
  /** Microseconds from a send to the `message` event at the other member. */
  latency: Histogram;
  sent: number;
  acknowledged: number;
  received: number;
  /** By code; API Gateway's own frames, which have none, by their message. */
  errors: string[];
  /** Messages that were acknowledged, and did not come. */
  missing: string[];
  /** From the last send until everything acknowledged had come, in ms. */
  caughtUpMs: number;
};

type Person = { userId: string; token: string; socket: WebSocket };
type Pair = { conversationId: string; people: [Person, Person] };

const password = 'a password of the benchmark';
/** How long after the last send a message may still arrive, unless said otherwise. */
const usualSettleMs = 5_000;
/** So long after it nothing more is expected where every frame was answered. */
const answersMs = 1_000;

/** Pairs of people in a direct conversation each, with a socket each. */
export class ChatLoad {
  readonly #url: string;
  readonly #pairs: Pair[];
  #run = 0;

  private constructor(url: string, pairs: Pair[]) {
    this.#url = url;
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
    return new ChatLoad(url, pairs);
  }

  /**
   * `perSecond` messages altogether, evenly spaced, for `seconds`: people of a pair speak in turn. What is refused is not
   * sent again.
   */
  async run(perSecond: number, seconds: number, settleMs = usualSettleMs): Promise<LoadResult> {
    this.#run += 1;
    const result: LoadResult = {
      latency: histogram({ numberOfSignificantValueDigits: 3 }),
      sent: 0,
      acknowledged: 0,
      received: 0,
      errors: [],
      missing: [],
      caughtUpMs: 0,
    };
    const begun = new Map<string, { at: number; senderId: string }>();
    const owed = new Set<string>();
    const listeners = this.#pairs.flatMap(({ people }) =>
      people.map(({ userId, socket }) => {
        const listener = (data: WebSocket.RawData) => {
          const now = performance.now();
          const event = JSON.parse(String(data));
          if (event.type === 'error') result.errors.push(event.code);
          if (event.type === undefined) result.errors.push(event.message);
          if (event.type === 'ack') {
            result.acknowledged += 1;
            if (begun.has(event.messageId)) owed.add(event.messageId);
          }
          if (event.type !== 'message') return;
          for (const { messageId } of event.messages) {
            const send = begun.get(messageId);
            if (send === undefined || send.senderId === userId) continue;
            begun.delete(messageId);
            owed.delete(messageId);
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
    const sentAt = performance.now();
    const answered = () =>
      owed.size === 0 &&
      result.acknowledged + result.errors.length >= result.sent &&
      performance.now() > sentAt + answersMs;
    while (begun.size > 0 && !answered() && performance.now() < sentAt + settleMs) await setTimeout(20);
    result.caughtUpMs = performance.now() - sentAt;
    result.missing = [...owed];
    for (const stop of listeners) stop();
    return result;
  }

  /** The histories of all conversations: each message's id, in order of `seq`, which are dense where `isDense`. */
  async histories(): Promise<{ messageIds: string[]; isDense: boolean }> {
    const messageIds: string[] = [];
    let isDense = true;
    for (const { conversationId, people } of this.#pairs) {
      let after = 0;
      for (let more = true; more; ) {
        const query = new URLSearchParams({ conversationId, after: String(after), limit: '100' });
        const response = await fetch(`${this.#url}/v1/messages?${query}`, {
          headers: { authorization: `Bearer ${people[0].token}` },
        });
        if (!response.ok) throw new Error(`GET /messages answered ${response.status}`);
        // docs/openapi.yaml: of 200.
        const page = (await response.json()) as {
          items: { seq: number; messageId: string }[];
          nextCursor: string | null;
        };
        for (const { seq, messageId } of page.items) {
          isDense &&= seq === after + 1;
          after = seq;
          messageIds.push(messageId);
        }
        more = page.nextCursor !== null;
      }
    }
    return { messageIds, isDense };
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
  return { userId: user.userId, token, socket };
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
