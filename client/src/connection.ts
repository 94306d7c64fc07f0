import { Backoff } from './backoff.ts';
import { type Clock, Pause } from './clock.ts';
import type { Credentials } from './credentials.ts';
import { asParleyError, hasCode, type ParleyError } from './errors.ts';
import type { ClientFrame, ReplyTo, ServerEvent, TypingFrame } from './frames.ts';
import { Heartbeat, type HeartbeatEvents } from './heartbeat.ts';
import { Pace } from './pace.ts';
import { Renewal } from './renewal.ts';
import { lost, Transport, type TransportEvents, type WebSocketClass } from './transport.ts';

/** `offline`: not trying. `connecting`: trying, or waiting to try again. `online`: the socket is open. */
export type ConnectionState = 'offline' | 'connecting' | 'online';

/** What is told of each change. */
export interface StateChange {
  state: ConnectionState;
  /** Why the client is offline, or why the last attempt failed. */
  reason?: ParleyError | undefined;
  /** When the next attempt begins, in milliseconds since 1970, while it waits for that. */
  retryAt?: number | undefined;
}

export type ConnectionParts = {
  url: string;
  WebSocket: WebSocketClass;
  clock: Clock;
  random: () => number;
  credentials: Credentials;
  /** Runs before each socket is opened; what it throws counts as a failed attempt. */
  prepare(): Promise<void>;
  /** Whether the server takes our token; may get another one. */
  checkToken(): Promise<void>;
  onState(change: StateChange): void;
  onEvent(event: ServerEvent): void;
  onHeartbeat: HeartbeatEvents['onReply'];
  /** Another socket has taken the place of the one before, and no event was missed. */
  onRenewed(): void;
};

/** A socket that lasted so long was a good one: the next attempt need not wait long. */
const goodAfterMs = 5_000;
/** An attempt younger than this is not given up for another one. */
const freshAttemptMs = 2_000;

/** What a user says and changes is one rate limit, all that a client does by itself another: docs/protocol.md, "Limits". */
const spoken = ['sendMessage', 'editMessage', 'deleteMessage', 'react'] satisfies ClientFrame['action'][];

/** Keeps a socket open: opens it again when it is lost, and renews it before API Gateway cuts it. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #pause: Pause;
  readonly #backoff: Backoff;
  readonly #heartbeat: Heartbeat;
  readonly #renewal: Renewal;
  readonly #paces: { spoken: Pace; other: Pace };
  /** Changes with each start and stop, and tells what was begun before that it is outdated. */
  #run = 0;
  #state: ConnectionState = 'offline';
  #current: Transport | undefined;
  #attemptedAt = 0;
  #lost: (() => void) | undefined;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#pause = new Pause(parts.clock);
    this.#paces = { spoken: new Pace(parts.clock), other: new Pace(parts.clock) };
    this.#backoff = new Backoff(parts.random);
    this.#heartbeat = new Heartbeat(parts.clock, {
      onReply: parts.onHeartbeat,
      onDead: () => this.#current?.drop(),
    });
    this.#renewal = new Renewal({
      ...parts,
      open: () => this.#open(),
      onRenewed: (transport) => {
        this.#adopt(transport);
        parts.onRenewed();
      },
    });
  }

  start(): void {
    if (this.#state !== 'offline') return;
    this.#run += 1;
    this.#tell({ state: 'connecting' });
    void this.#keepOpen(this.#run);
  }

  stop(reason?: ParleyError): void {
    if (this.#state === 'offline') return;
    this.#run += 1;
    this.#tell({ state: 'offline', reason });
    this.#pause.skip();
    this.drop();
  }

  /** The network is back, or somebody is looking: try now; and if the socket seems open, make sure that it is. */
  wake(): void {
    if (this.#state === 'online') this.#heartbeat.beat();
    if (this.#state !== 'connecting' || this.#pause.skip()) return;
    // An attempt is under way. One that began long ago began on another network.
    if (this.#parts.clock.now() - this.#attemptedAt < freshAttemptMs) return;
    this.#run += 1;
    void this.#keepOpen(this.#run);
  }

  /** The network is gone for certain. */
  drop(): void {
    this.#current?.drop();
  }

  async request<Frame extends ClientFrame>(frame: Frame): Promise<ReplyTo<Frame>> {
    if (this.#current === undefined) throw lost();
    const pace = spoken.some((action) => action === frame.action) ? this.#paces.spoken : this.#paces.other;
    return pace.run(async () => {
      if (this.#current === undefined) throw lost();
      return this.#current.request(frame);
    });
  }

  /** Over the socket there is, if there is one. */
  tell(frame: TypingFrame): void {
    this.#current?.tell(frame);
  }

  async #keepOpen(run: number): Promise<void> {
    while (run === this.#run) {
      let reason: ParleyError | undefined;
      try {
        this.#attemptedAt = this.#parts.clock.now();
        const transport = await this.#open();
        if (run !== this.#run) return transport.drop();
        const openedAt = this.#parts.clock.now();
        await this.#use(transport);
        if (this.#parts.clock.now() - openedAt >= goodAfterMs) this.#backoff.reset();
      } catch (error) {
        reason = asParleyError(error);
        if (run === this.#run && hasCode(error, 'UNAUTHENTICATED')) return this.stop(error);
      }
      if (run !== this.#run) return;
      const delay = this.#backoff.next();
      this.#tell({ state: 'connecting', reason, retryAt: this.#parts.clock.now() + delay });
      await this.#pause.wait(delay);
      if (run === this.#run) this.#tell({ state: 'connecting', reason });
    }
  }

  /** A handshake that fails does not say why, so the token is looked at over HTTP; with another one it is tried again. */
  async #open(): Promise<Transport> {
    const { credentials, checkToken, prepare } = this.#parts;
    await prepare();
    const token = await credentials.current();
    try {
      return await this.#openWith(token);
    } catch (error) {
      await checkToken();
      const another = await credentials.current();
      if (another === token) throw error;
      return await this.#openWith(another);
    }
  }

  #openWith(token: string): Promise<Transport> {
    let transport: Transport | undefined;
    const events: TransportEvents = {
      onEvent: this.#parts.onEvent,
      onClose: () => {
        if (transport !== undefined && transport === this.#current) this.#lose();
      },
      onSilence: () => {
        if (transport === this.#current) this.#heartbeat.beat();
      },
    };
    const opening = Transport.open({ ...this.#parts, token }, events);
    return opening.then((opened) => {
      transport = opened;
      return opened;
    });
  }

  /** Resolves when the transport, or the one that took its place, is lost. */
  #use(transport: Transport): Promise<void> {
    return new Promise((resolve) => {
      if (!transport.isOpen) return resolve(); // It was lost just now.
      this.#lost = resolve;
      this.#adopt(transport);
      this.#renewal.plan(transport);
      this.#tell({ state: 'online' });
    });
  }

  #adopt(transport: Transport): void {
    this.#current = transport;
    this.#heartbeat.start(transport);
  }

  #lose(): void {
    this.#current = undefined;
    this.#heartbeat.stop();
    this.#renewal.stop();
    this.#paces.spoken.release();
    this.#paces.other.release();
    this.#lost?.();
  }

  #tell(change: StateChange): void {
    this.#state = change.state;
    this.#parts.onState(change);
  }
}
