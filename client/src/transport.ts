import type { Clock } from './clock.ts';
import {
  bearerPrefix,
  frameBytes,
  normalClosure,
  openWithinMs,
  replyWithinMs,
  subprotocol,
} from './codes.ts';
import { ParleyError } from './errors.ts';
import type { ClientFrame, ErrorFrame, ReplyTo, ServerEvent, ServerFrame, TypingFrame } from './frames.ts';

/** What the client needs of a WebSocket: browsers, Node and the package `ws` all have it. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;

export type TransportEvents = {
  onEvent(event: ServerEvent): void;
  /** Once, however it came about. */
  onClose(): void;
  /** A reply has not come in time: is there still anybody? */
  onSilence(): void;
};

type Pending = {
  resolve(reply: ServerFrame): void;
  reject(error: ParleyError): void;
  timer: unknown;
};

const noReply = Symbol('no reply');

/** Whether a request failed because nobody answered it, and not because of what was answered. */
export function isSilence(error: unknown): boolean {
  return error instanceof Error && error.cause === noReply;
}

/** One socket: requests with their replies, and events. */
export class Transport {
  readonly #socket: WebSocketLike;
  readonly #clock: Clock;
  readonly #events: TransportEvents;
  readonly #pending = new Map<string, Pending>();
  #requests = 0;
  #open = true;
  #whenIdle: (() => void) | undefined;

  /** Rejects where the socket does not open; a browser does not say why. */
  static open(
    { url, token, WebSocket, clock }: { url: string; token: string; WebSocket: WebSocketClass; clock: Clock },
    events: TransportEvents,
  ): Promise<Transport> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, [subprotocol, bearerPrefix + token]);
      const fail = (why: string) => {
        clock.clearTimeout(timer);
        silence(socket);
        reject(new ParleyError('UNAVAILABLE', `The socket to ${url} ${why}`));
      };
      const timer = clock.setTimeout(() => {
        fail('did not open in time');
        socket.close();
      }, openWithinMs);
      socket.onerror = () => undefined; // 'close' follows.
      socket.onclose = () => fail('did not open');
      socket.onopen = () => {
        clock.clearTimeout(timer);
        resolve(new Transport(socket, clock, events));
      };
    });
  }

  private constructor(socket: WebSocketLike, clock: Clock, events: TransportEvents) {
    this.#socket = socket;
    this.#clock = clock;
    this.#events = events;
    socket.onmessage = (event: { data: unknown }) => this.#take(String(event.data));
    socket.onclose = () => this.drop();
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Resolves with the reply. Rejects with the server's error, and `UNAVAILABLE` where there is none in time. */
  request<Frame extends ClientFrame>(frame: Frame): Promise<ReplyTo<Frame>> {
    return new Promise((resolve, reject) => {
      if (!this.#open) return reject(lost());
      const requestId = this.#nextId();
      const text = JSON.stringify({ ...frame, requestId });
      // The gateway would close the socket, and close it again each time the frame is sent again.
      if (new TextEncoder().encode(text).length > frameBytes) {
        return reject(new ParleyError('PAYLOAD_TOO_LARGE', `A frame has at most ${frameBytes} bytes`));
      }
      const timer = this.#clock.setTimeout(() => {
        this.#settle(requestId)?.reject(
          new ParleyError('UNAVAILABLE', 'No reply in time', { cause: noReply }),
        );
        this.#events.onSilence();
      }, replyWithinMs);
      // The reply that repeats a request's id is of the type that belongs to its action: docs/protocol.md, "Frames".
      this.#pending.set(requestId, { resolve: resolve as (reply: ServerFrame) => void, reject, timer });
      this.#socket.send(text);
    });
  }

  /** Sends what has no reply. An error that it may cause finds nobody waiting, and is of no interest. */
  tell(frame: TypingFrame): void {
    if (this.#open) this.#socket.send(JSON.stringify({ ...frame, requestId: this.#nextId() }));
  }

  /** Ends the socket once what was asked on it has been answered. */
  retire(): void {
    this.#whenIdle = () => this.drop();
    if (this.#pending.size === 0) this.drop();
  }

  /** Ends the socket now, without waiting for a peer that may be gone. */
  drop(): void {
    if (!this.#open) return;
    this.#open = false;
    silence(this.#socket);
    this.#socket.close(normalClosure);
    this.#failAll(lost());
    this.#events.onClose();
  }

  #take(text: string): void {
    const frame = parse(text);
    if (frame === undefined || typeof frame.type !== 'string') {
      // API Gateway's own. It does not say which request it is about, and all of them may be repeated.
      this.#failAll(new ParleyError('UNAVAILABLE', 'The server could not handle a request'));
      return;
    }
    if (frame.type === 'error' && frame.code === 'UNAUTHENTICATED') {
      // The session has ended, and nothing more comes here. What was asked waits; the next connect learns why.
      this.drop();
      return;
    }
    const requestId = 'requestId' in frame ? frame.requestId : undefined;
    if (requestId === undefined) {
      if (frame.type !== 'ack' && frame.type !== 'sync' && frame.type !== 'heartbeat') {
        this.#events.onEvent(frame);
      }
      return;
    }
    const pending = this.#settle(requestId);
    // Without one, the reply is a repeat, or came too late.
    if (frame.type === 'error') pending?.reject(errorOf(frame));
    else pending?.resolve(frame);
  }

  #nextId(): string {
    this.#requests += 1;
    return String(this.#requests);
  }

  #settle(requestId: string): Pending | undefined {
    const pending = this.#pending.get(requestId);
    if (pending === undefined) return undefined;
    this.#pending.delete(requestId);
    this.#clock.clearTimeout(pending.timer);
    if (this.#pending.size === 0) this.#whenIdle?.();
    return pending;
  }

  #failAll(error: ParleyError): void {
    for (const requestId of [...this.#pending.keys()]) this.#settle(requestId)?.reject(error);
  }
}

export function errorOf({ code, message, retryAfterMs, requestId }: ErrorFrame): ParleyError {
  return new ParleyError(code, message, { retryAfterMs, requestId });
}

/** Nobody can be asked. */
export function lost(): ParleyError {
  return new ParleyError('UNAVAILABLE', 'There is no connection');
}

/** Whoever comes late finds nobody listening. An unheard `error` of `ws` would end the process, so that one is heard. */
function silence(socket: WebSocketLike): void {
  socket.onopen = null;
  socket.onmessage = null;
  socket.onclose = null;
  socket.onerror = () => undefined;
}

function parse(text: string): ServerFrame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    // Held to the protocol by the server's own tests.
    return typeof frame === 'object' && frame !== null ? (frame as ServerFrame) : undefined;
  } catch {
    return undefined;
  }
}
