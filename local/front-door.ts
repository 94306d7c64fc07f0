import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Console } from './console/console.ts';
import { StartError } from './emulators/start-error.ts';
import type { Gateway } from './gateway/gateway.ts';
import { type Check, checkOfClients, guard } from './loopback-guard.ts';
import type { WebClient } from './web-client.ts';
import { welcomePage } from './welcome-page.ts';

type FrontDoorOptions = { host: string; port: number; accessKeyId: string };

/**
 * The port that clients know. It is taken before anything else is started, so that a taken port is told at once, and
 * says 503 until the gateway stands.
 *
 * The @connections management API, which pushes to any socket, is served to the functions on a second, loopback-only
 * port, whatever address the first one listens on.
 */
export class FrontDoor {
  readonly url: string;
  readonly #publicServer: Server;
  readonly #internalServer: Server;
  readonly #internalUrl: string;
  readonly #check: Check;
  #gateway: Gateway | undefined;
  #console: Console | undefined;
  #webClient: WebClient | undefined;

  /** @param accessKeyId what the management API asks for */
  static async open({ host, port, accessKeyId }: FrontDoorOptions): Promise<FrontDoor> {
    const publicServer = createServer();
    const taken = await listen(publicServer, port, host);
    const internalServer = createServer();
    const internal = await listen(internalServer, 0, '127.0.0.1');
    const anywhere = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host);
    const name = anywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    const door = new FrontDoor(
      `http://${name}:${taken}`,
      publicServer,
      internalServer,
      `http://127.0.0.1:${internal}`,
      host,
    );
    guard(internalServer, accessKeyId);
    return door;
  }

  private constructor(
    url: string,
    publicServer: Server,
    internalServer: Server,
    internalUrl: string,
    host: string,
  ) {
    this.url = url;
    this.#publicServer = publicServer;
    this.#internalServer = internalServer;
    this.#internalUrl = internalUrl;
    this.#check = checkOfClients(host, (origin) => this.#gateway?.allowsOrigin(origin) === true);
    publicServer.on('request', (request, response) => this.#answer(request, response));
    publicServer.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    internalServer.on('request', (request, response) => {
      if (!this.#gateway?.handleRequest(request, response)) refuse(response, 404, 'Not Found');
    });
  }

  /** For AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI. */
  get connectionsUrl(): string {
    return this.#internalUrl + CONNECTIONS_PATH;
  }

  /** Without a web client, a page at `/` says that Parley is running. */
  lead(gateway: Gateway, console: Console, webClient?: WebClient): void {
    if (gateway.connectionsEndpointPath !== CONNECTIONS_PATH)
      throw new Error('The gateway moved its @connections path');
    this.#gateway = gateway;
    this.#console = console;
    this.#webClient = webClient;
  }

  async close(): Promise<void> {
    await Promise.all([this.#publicServer, this.#internalServer].map(close));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split('?')[0] ?? '/';
    const reason = this.#check(request.headers, request.method);
    if (reason !== undefined) {
      request.resume();
      refuse(response, 403, reason);
    } else if (this.#gateway === undefined) {
      refuse(response, 503, 'Starting');
    } else if (this.#console?.handleRequest(request, response)) {
      return;
    } else if (this.#webClient?.handleRequest(request, response)) {
      return;
    } else if (path === '/' && request.method === 'GET' && this.#webClient === undefined) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(welcomePage(this.url));
    } else if (path.startsWith(CONNECTIONS_PATH) || !this.#gateway.handleRequest(request, response)) {
      refuse(response, 404, 'Not Found');
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const reason = this.#check(request.headers, request.method);
    if (reason === undefined && this.#gateway?.handleUpgrade(request, socket, head)) return;
    const status =
      reason !== undefined
        ? '403 Forbidden'
        : this.#gateway === undefined
          ? '503 Service Unavailable'
          : '404 Not Found';
    const body = reason === undefined ? '' : JSON.stringify({ message: reason });
    // A client that resets the connection must not end the process.
    socket.on('error', () => undefined);
    socket.end(
      `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }
}

/** Known before the gateway is made, since the functions' environment holds it. */
const CONNECTIONS_PATH = '/_aws/connections-api';

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new StartError(listenFailure(error, port, host));
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
  return address.port;
}

function listenFailure(error: unknown, port: number, host: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is already in use: stop what uses it, or set PORT to another one.`;
    case 'EACCES':
      return `Port ${port} needs more rights than this user has: set PORT to one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `This machine has no address ${host}: set HOST to one it has, or leave it out.`;
    default:
      return `Cannot listen on ${host}:${port}: ${error instanceof Error ? error.message : error}`;
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
}
