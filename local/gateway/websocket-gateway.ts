import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, WebSocketServer } from 'ws';
import type { LambdaInvoker } from '../lambda/lambda-pool.ts';
import { isRecord } from '../template/template.ts';
import { callFunction } from './function-call.ts';
import type { GatewayLimits } from './limits.ts';
import type { WebSocketApi, WebSocketRoute } from './model.ts';
import { randomId } from './request-identity.ts';
import { type RouteSelector, routeSelector } from './route-selection.ts';
import { WebSocketConnection } from './websocket-connection.ts';
import {
  type ConnectionFacts,
  connectionFacts,
  disconnectEvent,
  messageEvent,
  requestContext,
} from './websocket-events.ts';
import { decideHandshake, refuseHandshake } from './websocket-handshake.ts';

export type GatewayFailure = { apiId: string; route: string; requestId: string; cause: string };

export type WebSocketGatewayOptions = {
  api: WebSocketApi;
  invoker: LambdaInvoker;
  region: string;
  accountId: string;
  limits: GatewayLimits;
  onFailure: (failure: GatewayFailure) => void;
};

/** How long a client has to answer the close frame before its TCP connection is cut. */
const closingMilliseconds = 2_000;

/**
 * One WebSocket API. Frames of a connection are dispatched as they come, without waiting for the one before: API
 * Gateway promises no order between invocations of one connection either.
 */
export class WebSocketGateway {
  readonly api: WebSocketApi;
  connectionsOpened = 0;
  framesIn = 0;
  framesOut = 0;
  readonly #options: WebSocketGatewayOptions;
  readonly #routes: Map<string, WebSocketRoute>;
  readonly #select: RouteSelector;
  readonly #connections = new Map<string, WebSocketConnection>();
  readonly #subprotocols = new WeakMap<IncomingMessage, string>();
  readonly #server: WebSocketServer;
  /** Work that close() waits for. */
  readonly #pending = new Set<Promise<void>>();
  #closing = false;

  constructor(options: WebSocketGatewayOptions) {
    this.api = options.api;
    this.#options = options;
    this.#routes = new Map(options.api.routes.map((route) => [route.routeKey, route]));
    this.#select = routeSelector(options.api.routeSelectionExpression);
    const serverOptions: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      // API Gateway does not negotiate compression.
      perMessageDeflate: false,
      maxPayload: options.limits.webSocketMessageBytes,
      // In ws since 8.19, not yet in its types.
      closeTimeout: closingMilliseconds,
      handleProtocols: (_, request) => this.#subprotocols.get(request) ?? false,
    };
    this.#server = new WebSocketServer(serverOptions);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  connection(connectionId: string): WebSocketConnection | undefined {
    return this.#connections.get(connectionId);
  }

  /** Counts and sends a frame to one connection, unless it is gone or its client leaves too much unread. */
  send(connection: WebSocketConnection, text: string): 'sent' | 'gone' | 'full' {
    if (!connection.open) return 'gone';
    if (connection.bufferedBytes > this.#options.limits.webSocketBufferedBytes) return 'full';
    connection.send(text);
    this.framesOut += 1;
    return 'sent';
  }

  handleUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // Unless ws takes the socket over, nothing else handles its errors, and a client may reset one that was refused long
    // after that; 'close' follows each.
    stream.on('error', () => undefined);
    const handshake = this.#handshake(request, stream, head).catch((error: unknown) => {
      refuseHandshake(stream, 500, {});
      throw error;
    });
    this.#track(handshake);
  }

  /** Closes each socket with 1001 and waits until $disconnect has run for it. */
  async close(): Promise<void> {
    this.#closing = true;
    const open = [...this.#connections.values()];
    for (const connection of open) connection.close(1001, 'Going away');
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    await Promise.all(open.map((connection) => connection.ended()));
  }

  async #handshake(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    if (this.#closing) return refuseHandshake(stream, 503, {});
    if (!isWebSocketHandshake(request)) return refuseHandshake(stream, 400, {});
    const facts = connectionFacts(this.api, request, this.#options);
    const decision = await decideHandshake(
      this.#options.invoker,
      this.#routes.get('$connect'),
      request,
      facts,
    );
    if (!decision.accepted) {
      const requestId = randomId();
      this.#fail('$connect', requestId, decision.cause);
      return refuseHandshake(stream, decision.status, { connectionId: facts.connectionId, requestId });
    }
    const accepted: ConnectionFacts = { ...facts, authorizer: decision.authorizer };
    if (decision.subprotocol !== undefined) this.#subprotocols.set(request, decision.subprotocol);
    if (!this.#closing && this.#upgrade(request, stream, head, accepted)) return;
    // $connect has run, so the function must hear that the connection did not last.
    stream.destroy();
    await this.#runDisconnect(accepted, 1006, 'Connection Closed Abnormally');
  }

  /** False if the client has gone meanwhile: ws then makes no WebSocket. */
  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer, facts: ConnectionFacts): boolean {
    let upgraded = false;
    this.#server.handleUpgrade(request, stream, head, (socket) => {
      upgraded = true;
      const connection = new WebSocketConnection(facts, socket, stream, this.#options.limits, {
        onMessage: (from, text) => this.#track(this.#receive(from, text)),
        onClosed: (from, code, reason) => {
          this.#connections.delete(from.facts.connectionId);
          this.#track(this.#runDisconnect(from.facts, code, reason));
        },
      });
      this.connectionsOpened += 1;
      this.#connections.set(facts.connectionId, connection);
    });
    return upgraded;
  }

  async #receive(connection: WebSocketConnection, body: string): Promise<void> {
    this.framesIn += 1;
    const { facts } = connection;
    const selected = this.#select(body);
    // $connect and $disconnect are no client's to call, whatever its frame says.
    const named = selected?.startsWith('$') === true ? undefined : selected;
    const route = (named === undefined ? undefined : this.#routes.get(named)) ?? this.#routes.get('$default');
    const context = requestContext(facts, route?.routeKey ?? '$default', 'MESSAGE');
    if (route === undefined) {
      this.#fail(named ?? '$default', context.requestId, 'no route matches and there is no $default');
      this.#sendError(connection, 'Forbidden', context.requestId);
      return;
    }
    const { integration } = route;
    const event = messageEvent(facts, context, body);
    const result = await callFunction(
      this.#options.invoker,
      integration,
      event,
      integration.timeoutMilliseconds,
    );
    if ('failure' in result) {
      this.#fail(route.routeKey, context.requestId, result.failure.cause);
      const timedOut = result.failure.kind === 'timeout';
      this.#sendError(
        connection,
        timedOut ? 'Endpoint request timed out' : 'Internal server error',
        context.requestId,
      );
      return;
    }
    const answer = result.payload;
    if (!isRecord(answer) || !Number.isInteger(Number(answer['statusCode'])) || !isBody(answer['body'])) {
      this.#fail(route.routeKey, context.requestId, `malformed answer of ${integration.functionName}`);
      this.#sendError(connection, 'Internal server error', context.requestId);
      return;
    }
    const reply = answer['body'];
    if (!route.hasRouteResponse || typeof reply !== 'string' || reply === '') return;
    const text = answer['isBase64Encoded'] === true ? Buffer.from(reply, 'base64').toString() : reply;
    if (this.send(connection, text) === 'full') {
      this.#fail(route.routeKey, context.requestId, 'the client does not read its replies');
    }
  }

  /** Best effort on AWS; here it always runs, when there is room, and its answer is ignored. */
  async #runDisconnect(facts: ConnectionFacts, code: number, reason: string): Promise<void> {
    const route = this.#routes.get('$disconnect');
    if (route === undefined) return;
    const { integration } = route;
    const event = disconnectEvent(facts, code, reason);
    const result = await callFunction(
      this.#options.invoker,
      integration,
      event,
      integration.timeoutMilliseconds,
      'event',
    );
    if ('failure' in result) this.#fail('$disconnect', randomId(), result.failure.cause);
  }

  #sendError(connection: WebSocketConnection, message: string, requestId: string): void {
    this.send(
      connection,
      JSON.stringify({ message, connectionId: connection.facts.connectionId, requestId }),
    );
  }

  #fail(route: string, requestId: string, cause: string): void {
    this.#options.onFailure({ apiId: this.api.apiId, route, requestId, cause });
  }

  #track(work: Promise<void>): void {
    const tracked = work
      // A fault of the gateway itself must not end the process that serves everyone.
      .catch((error: unknown) =>
        this.#fail('', '', error instanceof Error ? (error.stack ?? '') : String(error)),
      )
      .finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
  }
}

function isBody(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}

/** RFC 6455 §4.2.1, checked before any function runs. */
function isWebSocketHandshake(request: IncomingMessage): boolean {
  const { headers, method } = request;
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')
  );
}
