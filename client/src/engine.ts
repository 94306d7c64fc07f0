import { Api } from './api.ts';
import { CatchUp } from './catch-up.ts';
import { ChangeQueue, type RefusedChange } from './change-queue.ts';
import { hintMs } from './codes.ts';
import { Connection, type StateChange } from './connection.ts';
import { Credentials } from './credentials.ts';
import { hasCode, type ParleyError } from './errors.ts';
import { type ErrorFrame, isChange, type ServerEvent } from './frames.ts';
import type { ParleyOptions, Settings } from './options.ts';
import { Outbox } from './outbox.ts';
import type { OutgoingMessage } from './outgoing.ts';
import { Presence } from './presence.ts';
import type { Session } from './protocol.ts';
import { ReadMarkers } from './read-markers.ts';
import { Replica, type ReplicaEvents } from './replica.ts';
import { GapRepair } from './sync.ts';
import { errorOf } from './transport.ts';
import { Typing } from './typing.ts';

export type EngineEvents = Omit<ReplicaEvents, 'onLack' | 'onHint' | 'onReturn' | 'onSeen'> & {
  onRefused(refused: RefusedChange): void;
  onTyping(conversationId: string, userIds: readonly string[]): void;
  onState(change: StateChange): void;
  onCaughtUp(): void;
  onSession(session: Session): void;
  onOutgoing(message: OutgoingMessage): void;
  onError(error: unknown): void;
};

/** The parts behind a client, and what they have to do with each other. */
export class Engine {
  readonly api: Api;
  readonly replica: Replica;
  readonly outbox: Outbox;
  readonly changes: ChangeQueue;
  readonly markers: ReadMarkers;
  readonly typing: Typing;
  readonly presence: Presence;
  readonly #settings: Settings;
  readonly #events: EngineEvents;
  readonly #credentials: Credentials;
  readonly #connection: Connection;
  readonly #repair: GapRepair;
  readonly #catchUp: CatchUp;
  #unwatch: (() => void) | undefined;
  #isCatchingUp = false;
  /** The user is ending the session: that the server refuses it then, is the answer and no news. */
  #isLeaving = false;
  #hint: unknown;
  #ended: StateChange | undefined;

  constructor(settings: Settings, given: ParleyOptions, events: EngineEvents) {
    const { clock, random } = settings;
    this.#settings = settings;
    this.#events = events;
    this.#credentials = new Credentials(clock, given);
    this.api = new Api({
      ...settings,
      credentials: this.#credentials,
      onRefused: (reason) => this.#connection.stop(reason),
    });
    this.#connection = new Connection({
      ...settings,
      url: settings.webSocketUrl,
      credentials: this.#credentials,
      prepare: () => this.identify(),
      checkToken: async () => {
        await this.api.whoAmI();
      },
      onState: (change) => this.#changeState(change),
      onEvent: (event) => this.#take(event),
      onHeartbeat: (reply) => {
        this.#catchUp.heartbeat(reply);
        // What does not press: many clients at once have the same reason to ask.
        this.#mend();
        void this.#renewToken();
      },
      // Not needed for messages; but a lost word about a title or a marker would not be noticed otherwise.
      onRenewed: () => this.#catchUp.begin(),
    });
    this.replica = new Replica({
      ...events,
      onMessage: (message) => {
        this.typing.end(message.conversationId, message.senderId);
        events.onMessage(message);
      },
      onSeen: (messages) => this.outbox.settle(messages),
      onLack: () => this.#mend(),
      onReturn: (conversationId) => this.#repair.verify([conversationId]),
      onHint: () => {
        this.#hint ??= clock.setTimeout(() => this.#mend(), hintMs);
      },
    });
    const parts = {
      api: this.api,
      connection: this.#connection,
      replica: this.replica,
      clock,
      random,
      onError: (error: unknown) => events.onError(error),
    };
    const onIdle = () => this.#lookWhetherCaughtUp();
    this.outbox = new Outbox({
      ...settings,
      ...parts,
      onChange: (message) => events.onOutgoing(message),
    });
    this.changes = new ChangeQueue(parts);
    this.markers = new ReadMarkers(parts);
    this.typing = new Typing({ ...parts, onChange: (id, userIds) => events.onTyping(id, userIds) });
    this.presence = new Presence(parts);
    this.#repair = new GapRepair({ ...parts, onIdle });
    this.#catchUp = new CatchUp({ ...parts, repair: this.#repair, onIdle });
    if (given.userId !== undefined) this.#is(given.userId);
  }

  /** Connects, and stays connected until {@link close}, or until the server takes no token any more. */
  open(): void {
    this.#unwatch ??= this.#settings.signals.watch({
      up: () => this.#connection.wake(),
      down: () => this.#connection.drop(),
    });
    if (this.replica.userId !== undefined) this.outbox.open(this.replica.userId);
    this.#connection.start();
  }

  /** Resolves when all that is to be kept is kept. */
  async close(reason: ParleyError): Promise<void> {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#connection.stop();
    this.#mend();
    this.typing.stop();
    this.markers.abandon(reason);
    await this.outbox.close(reason);
  }

  /** With this token from now on. */
  replaceToken(session: Session): void {
    this.#credentials.replace(session);
    this.#events.onSession(session);
  }

  /** Ends what the user asks to be ended; where that is done, {@link forget} follows. */
  async leave(end: () => Promise<unknown>): Promise<void> {
    this.#isLeaving = true;
    try {
      // Messages of earlier runs are known by their sender.
      await this.identify();
      await end();
    } catch (error) {
      this.#isLeaving = false;
      // What was not told meanwhile.
      if (this.#ended !== undefined) this.#events.onState(this.#ended);
      this.#ended = undefined;
      throw error;
    }
  }

  /** Removes what this device keeps of the user. */
  async forget(): Promise<void> {
    this.#connection.stop();
    this.#credentials.forget();
    if (this.#ended !== undefined) this.#events.onState({ state: 'offline' });
    this.#ended = undefined;
    this.#isLeaving = false;
    await this.outbox.wipe();
  }

  /** Answers whether the server has ended the session. */
  async endSession(): Promise<boolean> {
    const { held } = this.#credentials;
    if (held === undefined) return true;
    return this.api.endOwnSession(held).then(
      () => true,
      (error: unknown) => hasCode(error, 'UNAUTHENTICATED'),
    );
  }

  /** Learns whose client it is. */
  async identify(): Promise<void> {
    if (this.replica.userId === undefined) this.#is((await this.api.whoAmI()).userId);
  }

  #is(userId: string): void {
    this.replica.userId = userId;
    this.outbox.open(userId);
  }

  #changeState(change: StateChange): void {
    const isOnline = change.state === 'online';
    for (const worker of [this.#catchUp.worker, this.#repair.worker, this.markers.worker]) {
      if (isOnline) worker.start();
      else worker.stop();
    }
    this.#isCatchingUp = isOnline;
    if (isOnline) {
      this.#catchUp.begin();
      this.presence.start();
      this.outbox.start();
    } else {
      this.presence.stop();
      this.outbox.stop();
    }
    if (this.#isLeaving && change.state === 'offline' && change.reason) this.#ended = change;
    else this.#events.onState(change);
  }

  #take(event: ServerEvent): void {
    if (event.type === 'error') this.#takeError(event);
    else if (event.type === 'typing') this.typing.take(event);
    else if (event.type === 'presence') this.presence.take(event.users);
    else this.replica.take(event);
  }

  #takeError(event: ErrorFrame): void {
    const { action, messageId } = event;
    const error = errorOf(event);
    if (messageId === undefined) this.#events.onError(error);
    else if (isChange(action)) this.#events.onRefused({ action, messageId, error });
    else this.outbox.refused(messageId, error);
  }

  #mend(): void {
    this.#settings.clock.clearTimeout(this.#hint);
    this.#hint = undefined;
    this.#repair.worker.kick();
    if (this.replica.unknown().length > 0) this.#catchUp.worker.kick();
  }

  #lookWhetherCaughtUp(): void {
    if (!this.#isCatchingUp || this.#catchUp.worker.isBusy || this.#repair.worker.isBusy) return;
    this.#isCatchingUp = false;
    this.#events.onCaughtUp();
  }

  async #renewToken(): Promise<void> {
    if (!this.#credentials.isDue) return;
    try {
      this.replaceToken(await this.api.renewToken());
    } catch (error) {
      // The next heartbeat tries again; a token that is refused has stopped the client already, which says it all.
      if (!hasCode(error, 'UNAUTHENTICATED')) this.#events.onError(error);
    }
  }
}
