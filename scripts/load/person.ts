import { WebSocket } from 'ws';
import { ParleyClient, type Session, type Signals } from '../../client/src/index.ts';

const changeActions = ['editMessage', 'deleteMessage', 'react'];

export type Target = { url: string; webSocketUrl: string | undefined };

/** One user with one device: the client an application would use, and a network that can be cut. */
export class Person {
  readonly userId: string;
  readonly client: ParleyClient;
  token: string;
  /** Frames that asked for a change to a message, by conversation: the client repeats by itself what had no answer. */
  readonly changeFrames = new Map<string, number>();
  #sockets = new Set<WebSocket>();
  #signals: { up(): void; down(): void } | undefined;

  constructor(userId: string, session: Session, { url, webSocketUrl }: Target) {
    this.userId = userId;
    this.token = session.token;
    const sockets = this.#sockets;
    const sending = (frame: unknown) => this.#sending(frame);
    class CuttableWebSocket extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols);
        sockets.add(this);
        this.once('close', () => sockets.delete(this));
      }
      override send(frame: unknown, ...more: unknown[]): void {
        sending(frame);
        Reflect.apply(super.send, this, [frame, ...more]);
      }
    }
    const signals: Signals = {
      watch: (tell) => {
        this.#signals = tell;
        return () => {
          this.#signals = undefined;
        };
      },
    };
    this.client = new ParleyClient({
      url,
      webSocketUrl,
      ...session,
      userId,
      WebSocket: CuttableWebSocket,
      signals,
    });
    this.client.on('session', ({ token }) => {
      this.token = token;
    });
  }

  /** Ends the connection without a word to either side. */
  cut(): boolean {
    for (const socket of this.#sockets) socket.terminate();
    return this.#sockets.size > 0;
  }

  /** As when somebody looks at the screen again: a client that waits to connect tries now. */
  look(): void {
    this.#signals?.up();
  }

  /** As when the network is gone for a moment: the client connects again and catches up. */
  reconnect(): void {
    this.#signals?.down();
    this.#signals?.up();
  }

  #sending(frame: unknown): void {
    if (typeof frame !== 'string') return;
    const { action = '', conversationId = '' }: { action?: string; conversationId?: string } =
      JSON.parse(frame);
    if (!changeActions.includes(action)) return;
    this.changeFrames.set(conversationId, (this.changeFrames.get(conversationId) ?? 0) + 1);
  }
}
