import type { WebSocketLike } from '../../src/transport.ts';
import type { FakeServer } from './fake-server.ts';
import type { Fate } from './fate.ts';
import { clientFrame, heldToProtocol } from './held-to-protocol.ts';

type Handler = ((event: never) => void) | null;

/** A client's socket and the server's end of it. */
export class FakeSocket implements WebSocketLike {
  onopen: Handler = null;
  onmessage: Handler = null;
  onclose: Handler = null;
  onerror: Handler = null;
  userId = '';
  openedAt = 0;
  readonly #server: FakeServer;
  /** `vanished`: the client believes it is open. */
  #state: 'connecting' | 'open' | 'vanished' | 'closed' = 'connecting';

  constructor(server: FakeServer, protocols: string[]) {
    this.#server = server;
    server.connecting.add(this);
    const token = protocols[1]?.replace(/^bearer\./, '') ?? '';
    this.#travel(() => {
      server.handshakes += 1;
      const userId = server.tokens.get(token);
      if (server.isDown || userId === undefined) return this.end();
      if (this.#state !== 'connecting') return;
      this.#state = 'open';
      server.connecting.delete(this);
      this.userId = userId;
      this.openedAt = server.clock.now();
      server.sockets.add(this);
      this.onopen?.({} as never);
    });
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  send(data: string): void {
    const frame = JSON.parse(data);
    clientFrame(frame);
    this.#travel((refusal) => {
      if (this.#state !== 'open') return;
      const { requestId, action } = frame;
      if (refusal === 'gateway') return this.push({ message: 'Internal server error', requestId: 'theirs' });
      if (refusal !== undefined) {
        return this.push({
          type: 'error',
          code: refusal,
          message: refusal,
          action,
          requestId,
          retryAfterMs: 300,
        });
      }
      const reply = this.#server.answer(this.userId, frame);
      if (reply !== undefined) this.push(reply);
    });
  }

  /** From the server to the client. */
  push(frame: object): void {
    heldToProtocol(frame);
    const data = JSON.stringify(frame);
    this.#travel(() => {
      if (this.#state === 'open') this.onmessage?.({ data } as never);
    });
  }

  close(): void {
    this.#state = 'closed';
    this.#server.sockets.delete(this);
    this.#server.connecting.delete(this);
  }

  /** The network or the server ends it. */
  end(): void {
    if (this.#state === 'closed') return;
    this.close();
    this.onclose?.({ code: 1006 } as never);
  }

  vanish(): void {
    this.#state = 'vanished';
    this.#server.sockets.delete(this);
  }

  #travel(arrive: (refusal?: Extract<Fate, { kind: 'refused' }>['with']) => void): void {
    const { clock, network } = this.#server;
    const fate = network.next();
    if (fate.kind === 'lost') return;
    if (fate.kind === 'refused') {
      clock.setTimeout(() => arrive(fate.with), 1);
      return;
    }
    clock.setTimeout(() => arrive(), fate.afterMs);
    if (fate.kind === 'arrivesTwice') clock.setTimeout(() => arrive(), fate.againAfterMs);
  }
}
