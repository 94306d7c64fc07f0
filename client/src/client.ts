import type { RefusedChange } from './change-queue.ts';
import type { ConnectionState, StateChange } from './connection.ts';
import { Conversation } from './conversation.ts';
import { Emitter } from './emitter.ts';
import { Engine } from './engine.ts';
import { ParleyError } from './errors.ts';
import { Inbox } from './inbox.ts';
import { newMessageId } from './message-id.ts';
import { type ParleyOptions, settingsOf } from './options.ts';
import type { OutgoingMessage } from './outgoing.ts';
import type { Presence } from './presence.ts';
import type {
  ConversationInfo,
  Message,
  Profile,
  PublicProfile,
  Session,
  SessionInfo,
  SignedIn,
} from './protocol.ts';
import { type LoginOptions, login, type RegisterOptions, register } from './sign-in.ts';

export type ClientEvents = {
  /** `state` has changed, or what keeps it from being `online`. */
  state: StateChange;
  /** A new message of any conversation: each once, those of one conversation by `seq`, without a gap. */
  message: Message;
  /** A message of any conversation was edited, deleted or reacted to: the message as it is now. */
  messageChanged: Message;
  /** Who is writing in a conversation now. */
  typing: { conversationId: string; userIds: readonly string[] };
  /** A change of one's own that the server had taken could not be made after all. */
  changeRefused: RefusedChange;
  /** After each (re)connect: all that was missed has been told. */
  caughtUp: undefined;
  /** The token was renewed: keep it for the next start. */
  session: Session;
  /** A message of one's own, in any conversation, is new or has another state. */
  outgoing: OutgoingMessage;
  /** Something failed that no call answers for, such as the storage. */
  error: unknown;
};

/** A new group. */
export interface GroupOptions {
  /** 1 to 100 characters. */
  title: string;
  /** 0 to 100 of them, beside oneself. */
  memberIds?: string[] | undefined;
  /** Repeating a call with the same `createId` makes no second group. @default a new one */
  createId?: string | undefined;
}

/** A user's chat: the connection, the inbox, the conversations, and the messages that are still to be sent. */
export class ParleyClient extends Emitter<ClientEvents> {
  readonly #engine: Engine;
  readonly #now: () => number;
  readonly #inbox: Inbox;
  readonly #conversations = new Map<string, Conversation>();
  #change: StateChange = { state: 'offline' };
  /** The first catching up since `connect`. */
  #connected: Promise<void> | undefined;
  #settleConnected: ((failure?: ParleyError) => void) | undefined;

  /** Signs in. `UNAUTHENTICATED` where name or password is wrong, `RATE_LIMITED` after many failures. */
  static login(options: LoginOptions): Promise<SignedIn> {
    return login(options);
  }

  /**
   * Makes an account and signs in. `CONFLICT` where the name is taken, or was that of somebody who was erased lately;
   * `FORBIDDEN` where registration is closed; `BAD_REQUEST` where the password is too common or too close to the name, and then
   * `message` says which.
   */
  static register(options: RegisterOptions): Promise<SignedIn> {
    return register(options);
  }

  /** Reaches for the network not before {@link connect}, or a call that needs it. */
  constructor(options: ParleyOptions) {
    super();
    const settings = settingsOf(options);
    this.#now = () => settings.clock.now();
    const on = (conversationId: string) => this.#conversations.get(conversationId);
    this.#engine = new Engine(settings, options, {
      onState: (change) => this.#changeState(change),
      onCaughtUp: () => {
        this.#settleConnected?.();
        this.emit('caughtUp', undefined);
      },
      onSession: (session) => this.emit('session', session),
      onOutgoing: (message) => {
        on(message.conversationId)?.emit('outgoing', message);
        this.emit('outgoing', message);
      },
      onMessage: (message) => {
        on(message.conversationId)?.emit('message', message);
        this.emit('message', message);
      },
      onChanged: (message) => {
        on(message.conversationId)?.emit('messageChanged', message);
        this.emit('messageChanged', message);
      },
      onTyping: (conversationId, userIds) => {
        on(conversationId)?.emit('typing', userIds);
        this.emit('typing', { conversationId, userIds });
      },
      onRefused: (refused) => this.emit('changeRefused', refused),
      onInfo: (info) => {
        this.#inbox.changed();
        on(info.conversationId)?.emit('info', info);
      },
      onRead: (conversationId, userId, seq) => on(conversationId)?.emit('read', { userId, seq }),
      onRemoved: (conversationId) => {
        this.#inbox.changed();
        on(conversationId)?.emit('removed', undefined);
      },
      onError: (error) => this.emit('error', error),
    });
    this.#inbox = new Inbox(this.#engine.replica, this.#now);
  }

  get state(): ConnectionState {
    return this.#change.state;
  }

  /** Why it is not `online`, where something went wrong. */
  get reason(): ParleyError | undefined {
    return this.#change.reason;
  }

  /** Undefined until known: from the options, or from the first connect on. */
  get userId(): string | undefined {
    return this.#engine.replica.userId;
  }

  /**
   * Connects, and connects again whenever the connection is lost, until {@link close}. Resolves when the client is online and
   * has caught up for the first time, however long that takes; rejects when it is closed before, or no token is taken.
   */
  connect(): Promise<void> {
    if (this.#connected === undefined || this.state === 'offline') {
      this.#connected = new Promise((resolve, reject) => {
        this.#settleConnected = (failure) => (failure ? reject(failure) : resolve());
      });
      // Who does not wait for it goes by `state`.
      this.#connected.catch(() => undefined);
      this.#engine.open();
    }
    return this.#connected;
  }

  /** Ends the connection and all iterators. Messages that are not stored yet are kept, and sent after the next `connect`. */
  async close(): Promise<void> {
    const reason = new ParleyError('CLOSED', 'The client was closed');
    this.#settleConnected?.(reason);
    await this.#engine.close(reason);
    for (const emitter of [this, this.#inbox, this.presence, ...this.#conversations.values()])
      emitter.endStreams();
  }

  /** The live inbox, the same object each time. */
  conversations(): Inbox {
    return this.#inbox;
  }

  /** The conversation of that id, the same object each time. Nothing is asked of the server. */
  conversation(conversationId: string): Conversation {
    const existing = this.#conversations.get(conversationId);
    if (existing !== undefined) return existing;
    const conversation = new Conversation(conversationId, this.#engine);
    this.#conversations.set(conversationId, conversation);
    return conversation;
  }

  /** Who is online, the same object each time. */
  get presence(): Presence {
    return this.#engine.presence;
  }

  /** One's own messages of all conversations that are not stored yet, in the order in which they were sent. */
  get outgoing(): readonly OutgoingMessage[] {
    return this.#engine.outbox.all();
  }

  /** Opens the one conversation there is with that user, or makes it. */
  async createDm(userId: string): Promise<Conversation> {
    return this.#create({ type: 'DM', memberIds: [userId] });
  }

  /** Makes a group; one is its admin. */
  async createGroup({ title, memberIds = [], createId }: GroupOptions): Promise<Conversation> {
    // Drawn here, so that a call that has to be repeated makes one group.
    return this.#create({
      type: 'GROUP',
      title,
      memberIds,
      createId: createId ?? newMessageId(this.#now()),
    });
  }

  /** Looks a user up by the exact name. */
  async findUser(username: string): Promise<PublicProfile | undefined> {
    return (await this.#engine.api.users({ username })).users[0];
  }

  /**
   * Up to 100 profiles of oneself and people one shares a conversation with; others are left out.
   * @param conversationIds where one shares a conversation with them: one for all, or one for each. Without it people
   * are found who share a DM or a recent conversation.
   */
  async profiles(userIds: string[], conversationIds: string[] = []): Promise<PublicProfile[]> {
    const query = {
      ids: userIds.join(','),
      conversationIds: conversationIds.length === 0 ? undefined : conversationIds.join(','),
    };
    return (await this.#engine.api.users(query)).users;
  }

  /** One's own profile. */
  me(): Promise<Profile> {
    return this.#engine.api.me();
  }

  updateProfile(changes: { displayName?: string }): Promise<Profile> {
    return this.#engine.api.updateProfile(changes);
  }

  /**
   * Ends all other sessions of the user. `UNAUTHENTICATED` where the current password is wrong, `RATE_LIMITED` after many of
   * those, `BAD_REQUEST` where the new one is too common or too close to the name.
   */
  async changePassword(options: { currentPassword: string; newPassword: string }): Promise<Session> {
    const session = await this.#engine.api.changePassword(options);
    this.#engine.replaceToken(session);
    return session;
  }

  /** The user's sessions, the one used last first. `FORBIDDEN` where users sign in with an issuer. */
  async sessions(): Promise<SessionInfo[]> {
    return (await this.#engine.api.sessions()).items;
  }

  /** Ends another session of the user's; for this client's own there is {@link signOut}. Ending one twice is no error. */
  endSession(sessionId: string): Promise<void> {
    return this.#engine.api.endSession(sessionId);
  }

  /**
   * Ends this session and closes the client for good. What this device keeps of the user goes at once, whatever the
   * server says: the token, and the messages that still wait, in all tabs.
   *
   * @returns whether the server has ended the session. `false` where it could not be reached, after some tries: until the token
   * expires, a copy of it can be used. Another device can end the session.
   */
  async signOut(): Promise<boolean> {
    // Messages of earlier runs are known by their sender.
    if (this.userId === undefined) await this.#engine.identify().catch(() => undefined);
    // Begun before anything is waited for: the page may be on its way out.
    const ended = this.#engine.endSession();
    await this.forget();
    return ended;
  }

  /**
   * Ends all sessions of the user, on all devices, and then does here what {@link signOut} does. Where it fails nothing has
   * changed.
   */
  signOutEverywhere(): Promise<void> {
    return this.#leave(() => this.#engine.api.logout());
  }

  /**
   * Erases the account for good, with all that one has said, and all sessions, and then does here what {@link signOut}
   * does. The server finishes it in the background. Where it fails nothing has changed, and it can be repeated:
   * `UNAUTHENTICATED` where the password is wrong, `RATE_LIMITED` after many of those.
   *
   * @param password of the user; none where users sign in with an issuer
   */
  eraseAccount(password?: string): Promise<void> {
    return this.#leave(() => this.#engine.api.eraseAccount(password));
  }

  /**
   * Closes the client and removes what this device keeps of the user: for an application whose client went `offline` with
   * the reason `UNAUTHENTICATED`. Until then messages that wait are kept, in case the same user signs in again.
   */
  async forget(): Promise<void> {
    await this.#engine.forget();
    await this.close();
  }

  async #leave(end: () => Promise<unknown>): Promise<void> {
    await this.#engine.leave(end);
    await this.forget();
  }

  async #create(body: object): Promise<Conversation> {
    const { api, replica } = this.#engine;
    const { moment } = replica;
    const row: ConversationInfo = await api.createConversation(body);
    replica.takeRow(row, moment);
    return this.conversation(row.conversationId);
  }

  #changeState(change: StateChange): void {
    this.#change = change;
    if (change.state === 'offline' && change.reason) this.#settleConnected?.(change.reason);
    this.emit('state', change);
  }
}
