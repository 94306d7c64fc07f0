import type { Clock } from './clock.ts';
import { fullPage } from './codes.ts';
import type { Credentials } from './credentials.ts';
import { hasCode, type ParleyError } from './errors.ts';
import { callOnce, type Fetch, type HttpCall, type HttpMethod } from './http.ts';
import { patiently } from './patience.ts';
import type {
  ConversationInfo,
  Member,
  Message,
  Profile,
  PublicProfile,
  Role,
  Session,
  SessionInfo,
} from './protocol.ts';

type Page<Item> = { items: Item[]; nextCursor: string | null };

/**
 * The HTTP API as the signed-in user. Every call may be repeated without harm, and is, where the server asks for it
 * or cannot be reached.
 */
export class Api {
  readonly #server: { base: string; fetch: Fetch; clock: Clock; random: () => number };
  readonly #credentials: Credentials;
  readonly #onRefused: (reason: ParleyError) => void;

  constructor(parts: {
    base: string;
    fetch: Fetch;
    clock: Clock;
    credentials: Credentials;
    random: () => number;
    /** The server takes no token that we have or get. */
    onRefused(reason: ParleyError): void;
  }) {
    this.#server = parts;
    this.#credentials = parts.credentials;
    this.#onRefused = parts.onRefused;
  }

  me = (): Promise<Profile> => this.#call('GET', '/users/me');

  updateProfile = (body: { displayName?: string }): Promise<Profile> =>
    this.#call('PATCH', '/users/me', { body });

  /** Where the answer to a first try was lost, a token that is refused afterwards says that the account has ended. */
  eraseAccount = (password: string | undefined): Promise<void> => {
    let isRepeat = false;
    return patiently(this.#server, async () => {
      try {
        await this.#proving({ method: 'DELETE', path: '/users/me', body: { password } });
      } catch (error) {
        if (isRepeat && hasCode(error, 'UNAUTHENTICATED') && (await this.#isOver())) return;
        isRepeat = true;
        throw error;
      }
    });
  };

  changePassword = (body: { currentPassword: string; newPassword: string }): Promise<Session> =>
    patiently(
      this.#server,
      // As of `#call`.
      () =>
        this.#proving({ method: 'PUT', path: '/users/me/password', body }, (call) =>
          // Meanwhile the sockets are closed, and what is asked with the token of before is refused.
          this.#credentials.replacedBy(call as Promise<Session>),
        ) as Promise<Session>,
    );

  sessions = (): Promise<{ items: SessionInfo[] }> => this.#call('GET', '/users/me/sessions');

  endSession = (sessionId: string): Promise<void> => this.#call('DELETE', `/users/me/sessions/${sessionId}`);

  /** The session of this client. It does not ask for another token: that would be one of another session. */
  endOwnSession = (token: string): Promise<unknown> =>
    patiently(this.#server, () =>
      callOnce(
        this.#server,
        { method: 'DELETE', path: '/users/me/sessions/current', keepalive: true },
        token,
      ),
    );

  logout = (): Promise<void> => this.#call('POST', '/logout');

  renewToken = (): Promise<Session> => this.#call('POST', '/token');

  users = (
    query: { username: string } | { ids: string; conversationIds?: string | undefined },
  ): Promise<{ users: PublicProfile[] }> => this.#call('GET', '/users', { query });

  inbox = (cursor: string | undefined): Promise<Page<ConversationInfo>> =>
    this.#call('GET', '/conversations', { query: { limit: fullPage, cursor } });

  conversation = (id: string): Promise<ConversationInfo & { members: Member[] }> =>
    this.#call('GET', `/conversations/${id}`);

  createConversation = (body: object): Promise<ConversationInfo> =>
    this.#call('POST', '/conversations', { body });

  rename = (id: string, title: string): Promise<ConversationInfo> =>
    this.#call('PATCH', `/conversations/${id}`, { body: { title } });

  updateSettings = (id: string, body: object): Promise<ConversationInfo> =>
    this.#call('PATCH', `/conversations/${id}/settings`, { body });

  members = (id: string, cursor: string | undefined): Promise<Page<Member>> =>
    this.#call('GET', `/conversations/${id}/members`, { query: { limit: fullPage, cursor } });

  addMembers = (id: string, userIds: string[]): Promise<{ members: Member[] }> =>
    this.#call('POST', `/conversations/${id}/members`, { body: { userIds } });

  setRole = (id: string, userId: string, role: Role): Promise<Member> =>
    this.#call('PATCH', `/conversations/${id}/members/${userId}`, { body: { role } });

  removeMember = (id: string, userId: string): Promise<void> =>
    this.#call('DELETE', `/conversations/${id}/members/${userId}`);

  messages = (query: {
    conversationId: string;
    after?: number | undefined;
    before?: number | undefined;
    limit?: number | undefined;
  }): Promise<Page<Message>> => this.#call('GET', '/messages', { query });

  /** Whose token it is, by one try: may get another token, and throws what keeps the server from saying so. */
  whoAmI = async (): Promise<Profile> => {
    return (await this.#authorized({ method: 'GET', path: '/users/me' })) as Profile; // As `me`.
  };

  /** `Answer` is what docs/openapi.yaml promises for the call. */
  #call<Answer>(
    method: HttpMethod,
    path: string,
    rest: Pick<HttpCall, 'query' | 'body'> = {},
  ): Promise<Answer> {
    // See above.
    return patiently(this.#server, () => this.#authorized({ method, path, ...rest }) as Promise<Answer>);
  }

  /** A wrong password in the call is answered as a wrong token is, so a second question tells which it was. */
  async #proving(
    call: HttpCall,
    watch: (answer: Promise<unknown>) => Promise<unknown> = (answer) => answer,
  ): Promise<unknown> {
    const token = await this.#credentials.current();
    try {
      return await watch(callOnce(this.#server, call, token));
    } catch (error) {
      if (!hasCode(error, 'UNAUTHENTICATED')) throw error;
      await this.whoAmI();
      const another = await this.#credentials.current();
      if (another === token) throw error;
      return watch(callOnce(this.#server, call, another));
    }
  }

  #isOver(): Promise<boolean> {
    return this.whoAmI().then(
      () => false,
      (error: unknown) => hasCode(error, 'UNAUTHENTICATED'),
    );
  }

  async #authorized(call: HttpCall): Promise<unknown> {
    const token = await this.#credentials.current();
    try {
      return await callOnce(this.#server, call, token);
    } catch (error) {
      if (!hasCode(error, 'UNAUTHENTICATED')) throw error;
    }
    try {
      return await callOnce(this.#server, call, await this.#credentials.insteadOf(token));
    } catch (error) {
      if (hasCode(error, 'UNAUTHENTICATED')) this.#onRefused(error);
      throw error;
    }
  }
}
