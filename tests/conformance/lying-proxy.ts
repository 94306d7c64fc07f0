/** A front of a Parley that breaks promises, to see whether the suite notices. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Target } from '../../scripts/conformance/target.ts';

type Json = Record<string, unknown>;

export type Lies = {
  /** Whether the server hears of it at all. */
  passesOn?: (asked: { method: string; path: string }) => boolean;
  /** In place of the server's answer; undefined lets it through. */
  answer?: (
    asked: { method: string; path: string },
    answer: { status: number; body: string },
  ) => { status: number; body: string } | undefined;
  /** In place of what the server sends over the socket, or undefined to swallow it. */
  toClient?: (frame: Json, text: string) => string | undefined;
  /** In place of what the client sends. */
  toServer?: (text: string) => string;
  /** Opens a socket for those whom the server refuses, and closes it again. */
  opensForAnybody?: boolean;
};

export class LyingProxy {
  readonly target: Target;
  readonly close: () => Promise<void>;

  static async start(truth: { url: string; webSocketUrl: string }, lies: Lies): Promise<LyingProxy> {
    const http = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const { method = '', url: path = '' } = request;
      if (lies.passesOn?.({ method, path }) === false) {
        const told = lies.answer?.({ method, path }, { status: 500, body: '' });
        response.writeHead(told?.status ?? 500).end(told?.body);
        return;
      }
      const real = await fetch(`${truth.url}${path}`, {
        method,
        headers: passedOn(request.headers, ['authorization', 'content-type']),
        ...(body.length > 0 && { body }),
      });
      const honest = { status: real.status, body: await real.text() };
      const told = lies.answer?.({ method, path }, honest) ?? honest;
      const headers = ['content-type', 'retry-after'].flatMap((name) => {
        const value = real.headers.get(name);
        return value === null ? [] : [[name, value] as const];
      });
      response.writeHead(told.status, Object.fromEntries(headers)).end(told.body);
    });
    const sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (offers) => (offers.has('parley.v1') ? 'parley.v1' : false),
    });
    http.on('upgrade', (request, socket, head) => {
      const offers = request.headers['sec-websocket-protocol']?.split(/, */) ?? [];
      const server = new WebSocket(truth.webSocketUrl, offers, {
        headers: passedOn(request.headers, ['authorization']),
      });
      server.once('unexpected-response', (_request, { statusCode = 500 }) => {
        if (lies.opensForAnybody)
          sockets.handleUpgrade(request, socket, head, (client) => client.close(4401));
        else socket.end(`HTTP/1.1 ${statusCode} Refused\r\nContent-Length: 0\r\n\r\n`);
      });
      server.on('error', () => socket.destroy());
      server.once('open', () => {
        sockets.handleUpgrade(request, socket, head, (client) => {
          client.on('message', (data: RawData) => server.send((lies.toServer ?? String)(String(data))));
          server.on('message', (data: RawData) => {
            const text = String(data);
            const told = lies.toClient ? lies.toClient(JSON.parse(text), text) : text;
            if (told !== undefined) client.send(told);
          });
          client.once('close', () => server.close());
          server.once('close', () => client.close());
        });
      });
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo; // It listens on TCP.
    return new LyingProxy(port, async () => {
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    });
  }

  private constructor(port: number, close: () => Promise<void>) {
    this.target = {
      url: `http://127.0.0.1:${port}`,
      webSocketUrl: `ws://127.0.0.1:${port}/connect`,
      deadlineMs: 3_000,
    };
    this.close = close;
  }
}

function passedOn(headers: IncomingHttpHeaders, names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
