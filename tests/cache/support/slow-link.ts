import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** A way to a server on this machine that can be made long: each answer then takes that much longer. */
export class SlowLink {
  readonly port: number;
  answerDelayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async to(serverPort: number): Promise<SlowLink> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SlowLink(server, serverPort);
  }

  private constructor(server: Server, serverPort: number) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
    this.port = address.port;
    this.#server = server;
    server.on('connection', (near) => this.#join(near, connect(serverPort, '127.0.0.1')));
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      // A server that was killed resets, and so must this.
      one.on('error', () => other.destroy());
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    near.on('data', (data) => far.write(data));
    let before: Promise<unknown> = Promise.resolve();
    far.on('data', (data) => {
      const due = setTimeout(this.answerDelayMs);
      // What comes later never overtakes, whatever the way is like by then.
      before = Promise.all([before, due]).then(() => near.write(data));
    });
  }
}
