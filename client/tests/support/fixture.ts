import { ParleyClient } from '../../src/client.ts';
import type { ParleyOptions } from '../../src/options.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeServer } from './fake-server.ts';

/** A server with alice, bob and carol, and devices of theirs. */
export class Fixture {
  readonly clock = new FakeClock();
  readonly server = new FakeServer(this.clock);
  #said = 0;

  constructor() {
    for (const name of ['alice', 'bob', 'carol']) this.server.tokens.set(`${name}-token`, name);
  }

  client(options: Partial<ParleyOptions> = {}): ParleyClient {
    const { clock, server } = this;
    return new ParleyClient({
      url: 'http://parley.test',
      token: 'alice-token',
      userId: 'alice',
      WebSocket: server.WebSocket,
      fetch: server.fetch,
      clock,
      random: () => 0.5,
      ...options,
    });
  }

  /** A client that is online and has caught up. */
  async connected(options: Partial<ParleyOptions> = {}): Promise<ParleyClient> {
    const client = this.client(options);
    let isThere = false;
    void client.connect().then(() => {
      isThere = true;
    });
    await this.clock.until(() => isThere);
    return client;
  }

  /** A message of someone else's, stored at once. */
  say(conversationId: string, senderId: string, content: string): void {
    this.#said += 1;
    this.server.chat.store(senderId, { conversationId, messageId: `said-${this.#said}`, content });
  }
}
