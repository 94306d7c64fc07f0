import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientOptions, WebSocket } from 'ws';
import { LambdaPool } from '../lambda/lambda-pool.ts';
import { isRecord } from '../template/template.ts';
import { Gateway, type GatewayOptions } from './gateway.ts';
import type { HttpApi, HttpRoute, Integration, WebSocketApi, WebSocketRoute } from './model.ts';
import type { GatewayFailure } from './websocket-gateway.ts';

/** For the tests beside it: a gateway on a port of its own, with real functions in real workers. */
export type TestGateway = {
  gateway: Gateway;
  pool: LambdaPool;
  origin: string;
  port: number;
  failures: GatewayFailure[];
  /** What a function printed as a line of JSON, in order; waits for the line. */
  printed(functionName: string, index?: number): Promise<unknown>;
  /** The first of them that has these properties. */
  printedWith(functionName: string, properties: object): Promise<unknown>;
  connect(path?: string, protocols?: string[], options?: ClientOptions): TestSocket;
  close(): Promise<void>;
};

export const place = { region: 'eu-west-1', accountId: '123456789012' };

export type TestOptions = Partial<GatewayOptions> & {
  /** The source of each function's index.mjs, by function name. */
  functions: Record<string, string>;
  environment?: Record<string, string>;
};

export async function startTestGateway(options: TestOptions): Promise<TestGateway> {
  const { functions, environment = {}, ...gatewayOptions } = options;
  const directory = mkdtempSync(join(tmpdir(), 'parley-gateway-'));
  const lines = new Map<string, unknown[]>();
  const printed = new EventEmitter();
  const server: Server = createServer((request, response) => {
    if (!gateway.handleRequest(request, response)) response.writeHead(418).end('not the gateway');
  });
  server.on('upgrade', (request, socket, head) => {
    if (!gateway.handleUpgrade(request, socket, head)) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // An http.Server on a TCP port has such an address.
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;

  const pool = new LambdaPool({
    ...place,
    functions: Object.entries(functions).map(([name, source]) => {
      const codeDirectory = mkdtempSync(join(directory, 'function-'));
      writeFileSync(join(codeDirectory, 'index.mjs'), source);
      const limits = { timeoutSeconds: 2, memoryMegabytes: 128, reservedConcurrency: 2 };
      return { name, codeDirectory, handler: 'index.handler', environment, ...limits };
    }),
    onLog: ({ functionName, line }) => {
      if (!line.startsWith('{')) return;
      lines.set(functionName, [...(lines.get(functionName) ?? []), JSON.parse(line)]);
      printed.emit(functionName);
    },
  });
  const failures: GatewayFailure[] = [];
  const gateway = new Gateway({
    ...place,
    invoker: pool,
    webSocketApis: [],
    httpApis: [],
    onFailure: (failure) => failures.push(failure),
    ...gatewayOptions,
  });
  const sockets: WebSocket[] = [];

  const line = async (functionName: string, index = 0): Promise<unknown> => {
    while ((lines.get(functionName)?.length ?? 0) <= index) await once(printed, functionName);
    return lines.get(functionName)?.[index];
  };

  return {
    gateway,
    pool,
    origin,
    port,
    failures,
    printed: line,
    async printedWith(functionName, properties) {
      for (let index = 0; ; index += 1) {
        const found = await line(functionName, index);
        if (matches(found, properties)) return found;
      }
    },
    connect(path = '/v1', protocols = [], clientOptions = {}) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, clientOptions);
      sockets.push(socket);
      return new TestSocket(socket);
    },
    async close() {
      await gateway.close();
      for (const socket of sockets) socket.terminate();
      await pool.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function matches(value: unknown, properties: unknown): boolean {
  if (!isRecord(properties)) return value === properties;
  return (
    isRecord(value) && Object.entries(properties).every(([name, wanted]) => matches(value[name], wanted))
  );
}

/** A `ws` client whose frames, close and refusal can be waited for. */
export class TestSocket {
  readonly socket: WebSocket;
  readonly #frames: string[] = [];
  readonly #arrival = new EventEmitter();
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly opened: Promise<void>;
  /** The HTTP answer of a handshake that was refused. */
  readonly refused: Promise<{ status: number; body: unknown }>;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.#frames.push(String(data));
      this.#arrival.emit('frame');
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.refused = new Promise((resolve) => {
      socket.on('unexpected-response', async (_, response) => {
        const body = (await response.toArray()).join('');
        resolve({ status: response.statusCode ?? 0, body: body === '' ? undefined : JSON.parse(body) });
      });
    });
    this.opened = new Promise((resolve, reject) => {
      socket.on('open', resolve);
      void this.refused.then(({ status }) => reject(new Error(`refused with ${status}`)));
    });
    this.opened.catch(() => undefined);
  }

  /** Everything that came so far and was not taken. */
  get waiting(): string[] {
    return [...this.#frames];
  }

  async next(): Promise<unknown> {
    while (this.#frames.length === 0) await once(this.#arrival, 'frame');
    return JSON.parse(this.#frames.shift() ?? '');
  }

  /** The connection's id, as the route `echo` tells it. */
  async connectionId(): Promise<string> {
    this.send({ action: 'echo' });
    const { requestContext } = (await this.next()) as { requestContext: { connectionId: string } };
    return requestContext.connectionId;
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }
}

export function integration(functionName: string, changes: Partial<Integration> = {}): Integration {
  return { functionName, permitted: true, timeoutMilliseconds: 10_000, ...changes };
}

export function webSocketApi(routes: WebSocketRoute[], changes: Partial<WebSocketApi> = {}): WebSocketApi {
  return {
    apiId: 'sockets',
    stage: 'v1',
    routeSelectionExpression: '$request.body.action',
    routes,
    ...changes,
  };
}

export function route(
  routeKey: string,
  functionName: string,
  changes: Partial<WebSocketRoute> = {},
): WebSocketRoute {
  return { routeKey, integration: integration(functionName), hasRouteResponse: false, ...changes };
}

export function httpApi(routes: HttpRoute[], changes: Partial<HttpApi> = {}): HttpApi {
  return { apiId: 'web', stage: 'v1', routes, ...changes };
}
