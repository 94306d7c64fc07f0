import { once } from 'node:events';
import type { InferOutput } from 'valibot';
import { type RawData, WebSocket } from 'ws';
import type { Message } from '../../shared/protocol/entities.ts';
import type { HeartbeatReply, replies, ServerEvent, SyncReply } from '../../shared/protocol/events.ts';
import { within } from './deadline.ts';
import type { Secrets } from './secrets.ts';

type Ack = InferOutput<(typeof replies)['SendMessageAck' | 'ChangeAck' | 'MarkReadAck']>;
export type ServerFrame =
  | ServerEvent
  | Ack
  | InferOutput<typeof SyncReply>
  | InferOutput<typeof HeartbeatReply>;
type FrameType = ServerFrame['type'];
type FrameOf<Type extends FrameType> = Extract<ServerFrame, { type: Type }>;

/** The server answered the handshake with an HTTP status instead of opening the socket. */
export class HandshakeRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`The handshake was refused with ${status}`);
    this.status = status;
  }
}

export type Handshake = { protocols?: string[]; headers?: Record<string, string> };

/** One device's socket. Keeps every frame it gets, so that nothing is missed between two waits. */
export class ChatSocket {
  /** Every frame so far, in order of arrival. */
  readonly received: ServerFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  readonly #secrets: Secrets;
  readonly #taken = new Set<ServerFrame>();
  readonly #listeners = new Set<() => void>();
  #requests = 0;

  static async open(url: string, secrets: Secrets, { protocols, headers }: Handshake): Promise<ChatSocket> {
    const socket = new WebSocket(url, protocols ?? [], { headers: headers ?? {} });
    // Frames may follow the handshake at once, so listening begins before it ends.
    const chat = new ChatSocket(socket, secrets);
    const refused = new Promise<never>((_, reject) => {
      socket.once('unexpected-response', (request, response) => {
        response.resume();
        request.destroy();
        reject(new HandshakeRefused(response.statusCode ?? 0));
      });
    });
    await within(Promise.race([once(socket, 'open'), refused]), () => `the handshake at ${url}`);
    return chat;
  }

  private constructor(socket: WebSocket, secrets: Secrets) {
    this.#socket = socket;
    this.#secrets = secrets;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on('message', (data: RawData) => this.#take(String(data)));
    // A reset is followed by 'close', which is what tests wait for.
    socket.on('error', () => undefined);
  }

  /** The subprotocol that the server selected; empty where it selected none. */
  get subprotocol(): string {
    return this.#socket.protocol;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends a frame with a request id of its own and waits for the reply that repeats it. */
  async request<Type extends FrameType = 'ack'>(frame: object, type?: Type): Promise<FrameOf<Type>> {
    this.#requests += 1;
    const requestId = `request-${this.#requests}`;
    this.send({ ...frame, requestId });
    const reply = await this.replyTo(requestId);
    const expected = type ?? 'ack';
    if (reply.type !== expected) throw new Error(`Expected ${expected}, got ${JSON.stringify(reply)}`);
    return reply as FrameOf<Type>; // Just checked.
  }

  /** The reply that repeats this request id, whatever it says. */
  async replyTo(requestId: string): Promise<ServerFrame> {
    return this.#first((one) => 'requestId' in one && one.requestId === requestId, requestId);
  }

  /** The earliest frame of that type which no other wait has taken; waits for it where it has not come yet. */
  async next<Type extends FrameType>(
    type: Type,
    matching: (frame: FrameOf<Type>) => boolean = () => true,
  ): Promise<FrameOf<Type>> {
    // The first condition proves the cast of the second.
    const frame = await this.#first((one) => one.type === type && matching(one as FrameOf<Type>), type);
    return frame as FrameOf<Type>; // As above.
  }

  /** The message once its event has come, however many share that event. */
  async message(messageId: string): Promise<Message> {
    const find = () => this.messages().find((message) => message.messageId === messageId);
    return this.#until(find, `the message ${messageId}`);
  }

  /** All messages of one conversation, or of all, as their events came: repeats included. */
  messages(conversationId?: string): Message[] {
    return this.received
      .flatMap((frame) => (frame.type === 'message' ? frame.messages : []))
      .filter((message) => conversationId === undefined || message.conversationId === conversationId);
  }

  /** Sends a message and waits for its `ack`. */
  async say(conversationId: string, content: string, messageId: string = newMessageId()): Promise<string> {
    await this.request({ action: 'sendMessage', conversationId, messageId, content });
    return messageId;
  }

  send(frame: object): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    this.#secrets.noteRequest(text);
    this.#socket.send(text);
  }

  sendBinary(data: Uint8Array): void {
    this.#socket.send(data, { binary: true });
  }

  /** One message in several WebSocket frames. */
  sendFragments(parts: string[]): void {
    this.#secrets.noteRequest(parts.join(''));
    for (const [index, part] of parts.entries()) {
      this.#socket.send(part, { fin: index === parts.length - 1 });
    }
  }

  /** Waits for a reply: whatever was sent before on this socket and answered in order has been answered. */
  async heartbeat(): Promise<FrameOf<'heartbeat'>> {
    return this.request({ action: 'heartbeat' }, 'heartbeat');
  }

  async close(): Promise<void> {
    this.#socket.close(1000);
    await within(this.closed, () => 'the close of a socket');
  }

  async #first(matching: (frame: ServerFrame) => boolean, what: unknown): Promise<ServerFrame> {
    const find = () => this.received.find((frame) => !this.#taken.has(frame) && matching(frame));
    const frame = await this.#until(find, `a frame for ${JSON.stringify(what).slice(0, 300)}`);
    this.#taken.add(frame);
    return frame;
  }

  async #until<T>(find: () => T | undefined, what: string): Promise<T> {
    let listener = (): void => undefined;
    const found = new Promise<T>((resolve) => {
      listener = () => {
        const result = find();
        if (result !== undefined) resolve(result);
      };
      this.#listeners.add(listener);
      listener();
    });
    const ended = this.closed.then(({ code }): never => {
      throw new Error(`The socket closed with ${code} before ${what}`);
    });
    try {
      return await within(Promise.race([found, ended]), () => `${what}; received: ${this.#summary()}`);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  #take(text: string): void {
    this.#secrets.noteAnswer(text);
    // Held to the protocol by what each test asserts of it.
    this.received.push(JSON.parse(text) as ServerFrame);
    for (const listener of this.#listeners) listener();
  }

  #summary(): string {
    const last = this.received.slice(-10).map((frame) => JSON.stringify(frame).slice(0, 300));
    return last.length > 0 ? last.join('\n') : 'nothing';
  }
}

export function newMessageId(): string {
  return crypto.randomUUID();
}
