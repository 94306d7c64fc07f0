import type { ParleyClient } from '../../src/client.ts';
import type { ParleyOptions } from '../../src/options.ts';
import type { OutboxStorage } from '../../src/storage.ts';
import type { Fixture } from './fixture.ts';

/** The dead do not go on. */
const never = new Promise<never>(() => undefined);

/** A client that can crash: nothing it has begun goes on, but what the operating system does. */
export class MortalDevice {
  readonly client: ParleyClient;
  #isAlive = true;
  readonly #sockets = new Set<{ end(): void }>();

  /** @param kept is told the content of each message that has reached the storage, and so must survive a crash */
  constructor(
    world: Fixture,
    storage: OutboxStorage,
    kept: (content: string) => void,
    options: Partial<ParleyOptions> = {},
  ) {
    const { clock, server } = world;
    const isAlive = () => this.#isAlive;
    const sockets = this.#sockets;
    this.client = world.client({
      ...options,
      clock: {
        now: () => clock.now(),
        setTimeout: (callback, ms) => clock.setTimeout(() => isAlive() && callback(), ms),
        clearTimeout: (timer) => clock.clearTimeout(timer),
      },
      storage: {
        ...storage,
        put: async (record) => {
          if (!isAlive()) return never;
          await storage.put(record);
          kept(record.content);
        },
        delete: async (messageId) => {
          if (!isAlive()) return never;
          await storage.delete(messageId);
        },
      },
      WebSocket: class extends server.WebSocket {
        constructor(url: string, protocols: string[]) {
          super(url, protocols);
          // A FakeSocket, which the server's class is.
          const socket = this as unknown as { end(): void };
          if (isAlive()) sockets.add(socket);
          else socket.end();
        }
      },
      fetch: (url, init) => (isAlive() ? server.fetch(url, init) : never),
    });
    this.client.on('error', (error) => {
      throw error;
    });
    void this.client.connect().catch(() => undefined);
  }

  crash(): void {
    this.#isAlive = false;
    for (const socket of this.#sockets) socket.end();
  }

  /** Loses its connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.end();
  }
}
