import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LambdaInvoker } from '../lambda/lambda-pool.ts';
import type { GatewayLimits } from './limits.ts';
import type { HttpApi, WebSocketApi } from './model.ts';

export type GatewayOptions = {
  invoker: LambdaInvoker;
  webSocketApis: WebSocketApi[];
  httpApis: HttpApi[];
  region: string;
  accountId: string;
  limits?: Partial<GatewayLimits>;
  /** Paths besides `/{stage}` at which the first WebSocket API answers. @default ['/connect'] */
  webSocketPaths?: string[];
  /** One line for each request or frame that API Gateway itself failed, with the cause AWS would write to its log. */
  onFailure?: (failure: { apiId: string; route: string; requestId: string; cause: string }) => void;
};

export type GatewayMetrics = {
  connections: number;
  connectionsOpened: number;
  framesIn: number;
  framesOut: number;
  httpRequests: number;
};

/** API Gateway on one `http.Server`: WebSocket APIs, HTTP APIs and the @connections management API. */
export class Gateway {
  /**
   * Path of the management API of the first WebSocket API. AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is
   * `http://localhost:<port>` + this.
   */
  readonly connectionsEndpointPath: string = '/_aws/connections-api';

  constructor(options: GatewayOptions) {
    void options;
  }

  /** Takes the request if its path belongs to an API; false leaves it to the caller. */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean {
    void request;
    void response;
    return false;
  }

  /** Takes the upgrade if its path belongs to a WebSocket API; false leaves it to the caller. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    void request;
    void socket;
    void head;
    return false;
  }

  get metrics(): GatewayMetrics {
    return { connections: 0, connectionsOpened: 0, framesIn: 0, framesOut: 0, httpRequests: 0 };
  }

  /** Closes each socket with 1001 and waits until $disconnect has run for it. Call before closing the pool. */
  async close(): Promise<void> {}
}
