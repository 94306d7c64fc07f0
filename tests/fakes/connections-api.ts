import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The management API of a WebSocket API. It remembers what was posted to each connection and which were closed, and has
 * every connection but those that a test says are gone, fail, or are throttled.
 */
export class ConnectionsApi {
  readonly endpoint: string;
  readonly posted = new Map<string, string[]>();
  readonly closed: string[] = [];
  readonly gone = new Set<string>();
  readonly failing = new Set<string>();
  /** How many more posts to a connection are refused for coming too fast. */
  readonly throttled = new Map<string, number>();
  readonly #close: () => Promise<void>;

  private constructor(endpoint: string, close: () => Promise<void>) {
    this.endpoint = endpoint;
    this.#close = close;
  }

  static async start(): Promise<ConnectionsApi> {
    const server = createServer(async (request, response) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const connectionId = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
      if (api.gone.has(connectionId) || api.failing.has(connectionId)) {
        const error = api.gone.has(connectionId) ? 'GoneException' : 'ServiceUnavailableException';
        response.writeHead(error === 'GoneException' ? 410 : 503, { 'x-amzn-errortype': error });
      } else if ((api.throttled.get(connectionId) ?? 0) > 0) {
        api.throttled.set(connectionId, (api.throttled.get(connectionId) ?? 0) - 1);
        response.writeHead(429, { 'x-amzn-errortype': 'LimitExceededException' });
      } else if (request.method === 'DELETE') {
        api.closed.push(connectionId);
      } else {
        const frames = api.posted.get(connectionId) ?? [];
        frames.push(Buffer.concat(chunks).toString('utf8'));
        api.posted.set(connectionId, frames);
      }
      response.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // A TCP server's address is one.
    const api = new ConnectionsApi(`http://127.0.0.1:${port}`, async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    });
    return api;
  }

  close(): Promise<void> {
    return this.#close();
  }
}
