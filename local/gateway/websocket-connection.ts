import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { FrameSizeWatch } from './frame-sizes.ts';
import type { GatewayLimits } from './limits.ts';
import type { ConnectionFacts } from './websocket-events.ts';

export type ConnectionListener = {
  onMessage(connection: WebSocketConnection, text: string): void;
  /** Once, as soon as either side starts closing: from then on the connection is gone for @connections. */
  onClosed(connection: WebSocketConnection, code: number, reason: string): void;
};

/**
 * What API Gateway writes for closes without a code of their own. 1000 and 1005 are from AWS's logs and samples;
 * 1006 follows their wording.
 */
const closeReasons: Record<number, string> = {
  1000: 'Connection Closed Normally',
  1001: 'Going away',
  1005: 'Client-side close frame status not set',
  1006: 'Connection Closed Abnormally',
};

/** An open connection: the socket, its limits and its clocks. */
export class WebSocketConnection {
  readonly facts: ConnectionFacts;
  lastActiveAt = Date.now();
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #listener: ConnectionListener;
  readonly #idleTimer: NodeJS.Timeout;
  readonly #totalTimer: NodeJS.Timeout;
  readonly #frameSizes: FrameSizeWatch;
  #closed = false;

  constructor(
    facts: ConnectionFacts,
    socket: WebSocket,
    stream: Duplex,
    limits: GatewayLimits,
    listener: ConnectionListener,
  ) {
    this.facts = facts;
    this.#socket = socket;
    this.#stream = stream;
    this.#listener = listener;
    this.#idleTimer = setTimeout(() => this.close(1001, 'Going away'), limits.idleMilliseconds);
    this.#totalTimer = setTimeout(() => this.close(1001, 'Going away'), limits.connectionMilliseconds);
    this.#frameSizes = new FrameSizeWatch(limits.webSocketFrameBytes, () =>
      this.#refuse(1009, 'Frame too large'),
    );
    // Before ws's own listener, so that an oversize frame is refused before ws makes a message of it.
    stream.prependListener('data', (chunk: Buffer) => this.#frameSizes.read(chunk));
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on('error', (error: Error & { code?: string }) => this.#refuse(protocolErrorCode(error), ''));
    socket.on('close', (code, reason) => this.#gone(code, closeReason(code, reason.toString())));
  }

  get open(): boolean {
    return !this.#closed;
  }

  /** Bytes that wait because the client does not read. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Sends a text frame; false if the connection is closed. */
  send(text: string): boolean {
    if (this.#closed) return false;
    this.#touch();
    this.#socket.send(text);
    return true;
  }

  /** Closes from the server's side, as far as the client takes part in the closing handshake. */
  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#socket.close(code, reason);
    this.#gone(code, closeReason(code, reason));
  }

  /** Settles when the TCP connection is over: once the client has answered the close frame, or taken too long. */
  async ended(): Promise<void> {
    if (this.#socket.readyState !== this.#socket.CLOSED) await once(this.#socket, 'close');
  }

  /** Closes because of what the client sent: it may be in the middle of a frame and never read to its end. */
  #refuse(code: number, reason: string): void {
    if (this.#closed) return;
    this.close(code, reason);
    // FIN after the close frame; what the client still sends is read and dropped, since a reset could outrun the frame.
    this.#stream.end();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#closed) return;
    if (isBinary) {
      // "API Gateway doesn't support binary" frames: apigateway-websocket-api-overview.html, status code 1003.
      this.#refuse(1003, 'Binary is not supported');
      return;
    }
    this.#touch();
    this.#listener.onMessage(this, data.toString('utf8'));
  }

  /** Messages of either direction keep a connection; ping and pong frames do not. */
  #touch(): void {
    this.lastActiveAt = Date.now();
    this.#idleTimer.refresh();
  }

  #gone(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#totalTimer);
    this.#listener.onClosed(this, code, reason);
  }
}

function closeReason(code: number, reason: string): string {
  return reason === '' ? (closeReasons[code] ?? '') : reason;
}

function protocolErrorCode(error: { code?: string }): number {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 1009;
  return error.code === 'WS_ERR_INVALID_UTF8' ? 1007 : 1002;
}
