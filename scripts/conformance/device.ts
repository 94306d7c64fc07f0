/** One socket of one user: plain `ws`. Keeps every frame, so that nothing is missed between two waits. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { WebSocket } from 'ws';
import { type Code, ErrorFrame, type Message, MessageChanged, MessageEvent, read, shown } from './shapes.ts';
import { type Target, within } from './target.ts';

export type Handshake = { protocols?: string[]; headers?: Record<string, string>; search?: string };

/** The server answered the handshake with this status. */
export class HandshakeRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`The handshake was refused with ${status}`);
    this.status = status;
  }
}

type Frame = Record<string, unknown>;
const Frame = v.record(v.string(), v.unknown());

export class Device {
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ code: number }>;
  readonly #socket: WebSocket;
  readonly #target: Target;
  readonly #listeners = new Set<() => void>();
  #requests = 0;

  static async open(
    target: Target,
    heard: (text: string) => void,
    { protocols = [], headers = {}, search = '' }: Handshake,
  ): Promise<Device> {
    const socket = new WebSocket(target.webSocketUrl + search, protocols, { headers });
    // Frames may follow the handshake at once, so listening begins before it ends.
    const device = new Device(socket, target, heard);
    const refused = new Promise<never>((_, reject) => {
      socket.once('unexpected-response', (request, response) => {
        response.resume();
        request.destroy();
        reject(new HandshakeRefused(response.statusCode ?? 0));
      });
    });
    await within(Promise.race([once(socket, 'open'), refused]), target.deadlineMs, () => 'the handshake');
    return device;
  }

  private constructor(socket: WebSocket, target: Target, heard: (text: string) => void) {
    this.#socket = socket;
    this.#target = target;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code) => resolve({ code }));
    });
    socket.on('error', () => undefined); // Followed by 'close'.
    socket.on('message', (data) => {
      heard(String(data));
      this.frames.push(read(Frame, JSON.parse(String(data)), 'A frame'));
      for (const listener of this.#listeners) listener();
    });
  }

  /** The subprotocol that the server selected; empty where it selected none. */
  get subprotocol(): string {
    return this.#socket.protocol;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** The reply that repeats this request's id, whatever it says; where the rate is exceeded, after a wait. */
  async ask(frame: object): Promise<Frame> {
    for (;;) {
      const reply = await this.askOnce(frame);
      if (reply['code'] !== 'RATE_LIMITED') return reply;
      await delay(read(ErrorFrame, reply, 'The error').retryAfterMs ?? 1000);
    }
  }

  async askOnce(frame: object): Promise<Frame> {
    this.#requests += 1;
    const requestId = `request-${this.#requests}`;
    this.sendText(JSON.stringify({ ...frame, requestId }));
    return this.until(
      () => this.frames.find((one) => one['requestId'] === requestId),
      `a reply to ${shown(frame)}`,
    );
  }

  async reply<Schema extends v.GenericSchema>(frame: object, schema: Schema): Promise<v.InferOutput<Schema>> {
    return read(schema, await this.ask(frame), 'The reply');
  }

  async refused(frame: object, code: Code): Promise<v.InferOutput<typeof ErrorFrame>> {
    const error = read(ErrorFrame, await this.ask(frame), 'The reply');
    if (error.code !== code) throw new Error(`Expected the error ${code}, got ${shown(error)}`);
    return error;
  }

  /** The first frame, earlier or later, that fits. Frames of that type which are malformed are an error. */
  async event<Schema extends v.GenericSchema<unknown, { type: string }>>(
    schema: Schema,
    type: v.InferOutput<Schema>['type'],
    matching: (event: v.InferOutput<Schema>) => boolean,
  ): Promise<v.InferOutput<Schema>> {
    return this.until(
      () =>
        this.frames
          .filter((frame) => frame['type'] === type)
          .map((frame) => read(schema, frame, `The event "${type}"`))
          .find(matching),
      `the event "${type}"`,
    );
  }

  /** The message once its event has come. */
  message(messageId: string): Promise<Message> {
    return this.until(
      () => this.messages().find((message) => message.messageId === messageId),
      `the event of message ${messageId}`,
    );
  }

  /** A message as the change with that revision leaves it, once its event has come. */
  changed(conversationId: string, revision: number): Promise<Message> {
    return this.until(
      () =>
        this.frames
          .filter((frame) => frame['type'] === 'messageChanged')
          .flatMap((frame) => read(MessageChanged, frame, 'The event "messageChanged"').messages)
          .find((message) => message.conversationId === conversationId && message.revision === revision),
      `the event of revision ${revision}`,
    );
  }

  /** Of all `message` events so far: repeats included. */
  messages(): Message[] {
    return this.frames
      .filter((frame) => frame['type'] === 'message')
      .flatMap((frame) => read(MessageEvent, frame, 'The event "message"').messages);
  }

  async until<T>(find: () => T | undefined, what: string): Promise<T> {
    let listener = (): void => undefined;
    const found = new Promise<T>((resolve, reject) => {
      listener = () => {
        try {
          const result = find();
          if (result !== undefined) resolve(result);
        } catch (error) {
          reject(error);
        }
      };
      this.#listeners.add(listener);
      listener();
    });
    const ended = this.closed.then(({ code }): never => {
      throw new Error(`The socket closed with ${code} before ${what}`);
    });
    try {
      return await within(Promise.race([found, ended]), this.#target.deadlineMs, () => what);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** The server is to close it. */
  async isClosed(): Promise<void> {
    await within(this.closed, this.#target.deadlineMs, () => 'the server to close a socket');
  }

  async close(): Promise<void> {
    if (this.isOpen) this.#socket.close(1000);
    await within(this.closed, this.#target.deadlineMs, () => 'the close of a socket');
  }
}
