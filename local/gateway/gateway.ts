import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LambdaInvoker } from '../lambda/lambda-pool.ts';
import { handleConnectionsRequest } from './connections-api.ts';
import { allowsOrigin } from './http-cors.ts';
import { HttpGateway } from './http-gateway.ts';
import { awsLimits, type GatewayLimits } from './limits.ts';
import type { HttpApi, WebSocketApi } from './model.ts';
import { type GatewayFailure, WebSocketGateway } from './websocket-gateway.ts';

export type GatewayOptions = {
  invoker: LambdaInvoker;
  webSocketApis: WebSocketApi[];
  httpApis: HttpApi[];
  region: string;
  accountId: string;
  limits?: Partial<GatewayLimits>;
  /** Paths besides `/{stage}` at which the first WebSocket API answers. @default ['/connect'] */
  webSocketPaths?: string[];
  /** Epoch milliseconds, for the lifetime of authorizer results. @default Date.now */
  now?: () => number;
  /** Each handshake, frame and request that API Gateway itself refused, with the cause AWS would write to its log. */
  onFailure?: (failure: GatewayFailure) => void;
};

export type GatewayMetrics = {
  connections: number;
  connectionsOpened: number;
  framesIn: number;
  framesOut: number;
  httpRequests: number;
};

/** Of the first WebSocket API; any further one answers at `<root>/{apiId}/{stage}`. */
const connectionsRoot = '/_aws/connections-api';

/** API Gateway on one `http.Server`: WebSocket APIs, HTTP APIs and the @connections management API. */
export class Gateway {
  /**
   * Path of the management API of the first WebSocket API. AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is
   * `http://localhost:<port>` + this.
   */
  readonly connectionsEndpointPath: string = connectionsRoot;
  readonly #webSockets: WebSocketGateway[];
  readonly #http: HttpGateway[];
  readonly #webSocketPaths: string[];
  readonly #onFailure: (failure: GatewayFailure) => void;

  constructor(options: GatewayOptions) {
    const { invoker, region, accountId, now = Date.now, onFailure = () => undefined } = options;
    const limits = { ...awsLimits, ...options.limits };
    const shared = { invoker, region, accountId, limits, now, onFailure };
    this.#onFailure = onFailure;
    this.#webSockets = options.webSocketApis.map((api) => new WebSocketGateway({ ...shared, api }));
    // A $default stage would take every path, so it is asked last.
    const last = (api: HttpApi): number => Number(api.stage === '$default');
    const httpApis = options.httpApis.toSorted((a, b) => last(a) - last(b));
    this.#http = httpApis.map((api) => new HttpGateway({ ...shared, api }));
    this.#webSocketPaths = options.webSocketPaths ?? ['/connect'];
  }

  /** Takes the request if its path belongs to an API; false leaves it to the caller. */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean {
    const path = pathname(request);
    if (path.startsWith(`${connectionsRoot}/`)) {
      this.#run(request, response, this.#handleConnections(path, request, response));
      return true;
    }
    const http = this.#http.find((api) => api.serves(path));
    if (http !== undefined) {
      this.#run(request, response, http.handle(request, response));
      return true;
    }
    if (this.#webSocketOf(path) === undefined) return false;
    request.resume();
    response.writeHead(426, { connection: 'Upgrade', upgrade: 'websocket' }).end();
    return true;
  }

  /** Takes the upgrade if its path belongs to a WebSocket API; false leaves it to the caller. */
  handleUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): boolean {
    const api = this.#webSocketOf(pathname(request));
    api?.handleUpgrade(request, stream, head);
    return api !== undefined;
  }

  /** Whether the CORS configuration of an HTTP API lets pages of this origin in. */
  allowsOrigin(origin: string): boolean {
    return this.#http.some(({ cors }) => cors !== undefined && allowsOrigin(cors, origin));
  }

  get metrics(): GatewayMetrics {
    const sum = (of: (api: WebSocketGateway) => number): number =>
      this.#webSockets.reduce((total, api) => total + of(api), 0);
    return {
      connections: sum((api) => api.connectionCount),
      connectionsOpened: sum((api) => api.connectionsOpened),
      framesIn: sum((api) => api.framesIn),
      framesOut: sum((api) => api.framesOut),
      httpRequests: this.#http.reduce((total, api) => total + api.requests, 0),
    };
  }

  /** Closes each socket with 1001 and waits until $disconnect has run for it. Call before closing the Lambda pool. */
  async close(): Promise<void> {
    await Promise.all(this.#webSockets.map((api) => api.close()));
  }

  #webSocketOf(path: string): WebSocketGateway | undefined {
    const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path;
    if (this.#webSocketPaths.includes(trimmed)) return this.#webSockets[0];
    return this.#webSockets.find(({ api }) => trimmed === `/${api.stage}`);
  }

  async #handleConnections(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [endpoint = '', connectionId] = decodeURIComponent(path).split('/@connections/');
    const api = this.#webSockets.find((candidate, index) => {
      const { apiId, stage } = candidate.api;
      return (
        endpoint === `${connectionsRoot}/${apiId}/${stage}` || (index === 0 && endpoint === connectionsRoot)
      );
    });
    if (api !== undefined && connectionId !== undefined) {
      await handleConnectionsRequest(api, connectionId, request, response);
      return;
    }
    request.resume();
    response.writeHead(404).end();
  }

  /** A fault of the gateway itself: it is answered like one of API Gateway's own, and told. */
  #run(request: IncomingMessage, response: ServerResponse, work: Promise<void>): void {
    work.catch((error: unknown) => {
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#onFailure({ apiId: '', route: `${request.method} ${pathname(request)}`, requestId: '', cause });
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
      response.end('{"message":"Internal Server Error"}');
    });
  }
}

function pathname(request: IncomingMessage): string {
  return (request.url ?? '/').split('?')[0] ?? '/';
}
