import { Backoff } from './backoff.ts';
import { type Clock, Pause } from './clock.ts';
import { fullPage } from './codes.ts';
import type { Credentials } from './credentials.ts';
import { hasCode, type ParleyError, retryDelay } from './errors.ts';
import { callOnce, type Fetch, type HttpCall } from './http.ts';
import type { ConversationInfo, Member, Message, Profile, PublicProfile, Role, Session } from './protocol.ts';

/** A call waits no longer than this for the server's leave to try again; the caller decides about longer waits. */
const patienceMs = 20_000;
const attempts = 4;

type Page<Item> = { items: Item[]; nextCursor: string | null };

/**
 * The HTTP API as the signed-in user. Every call may be repeated without harm, and is, where the server asks for it
 * or cannot be reached.
 */
export class Api {
  readonly #server: { base: string; fetch: Fetch; clock: Clock };
  readonly #credentials: Credentials;
  readonly #random: () => number;
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
    this.#random = parts.random;
    this.#onRefused = parts.onRefused;
  }

  me = (): Promise<Profile> => this.#call({ method: 'GET', path: '/users/me' });

  updateProfile = (body: { displayName?: string }): Promise<Profile> =>
    this.#call({ method: 'PATCH', path: '/users/me', body });

  changePassword = (body: { currentPassword: string; newPassword: string }): Promise<Session> =>
    this.#call({ method: 'PUT', path: '/users/me/password', body });

  logout = (): Promise<void> => this.#call({ method: 'POST', path: '/logout' });

  renewToken = (): Promise<Session> => this.#call({ method: 'POST', path: '/token' });

  users = async (query: { username: string } | { ids: string }): Promise<PublicProfile[]> => {
    const { users } = await this.#call<{ users: PublicProfile[] }>({ method: 'GET', path: '/users', query });
    return users;
  };

  inbox = (cursor: string | undefined): Promise<Page<ConversationInfo>> =>
    this.#call({ method: 'GET', path: '/conversations', query: { limit: fullPage, cursor } });

  conversation = (id: string): Promise<ConversationInfo & { members: Member[] }> =>
    this.#call({ method: 'GET', path: `/conversations/${id}` });

  createConversation = (body: object): Promise<ConversationInfo> =>
    this.#call({ method: 'POST', path: '/conversations', body });

  rename = (id: string, title: string): Promise<ConversationInfo> =>
    this.#call({ method: 'PATCH', path: `/conversations/${id}`, body: { title } });

  updateSettings = (id: string, body: object): Promise<ConversationInfo> =>
    this.#call({ method: 'PATCH', path: `/conversations/${id}/settings`, body });

  members = (id: string, cursor: string | undefined): Promise<Page<Member>> =>
    this.#call({ method: 'GET', path: `/conversations/${id}/members`, query: { limit: fullPage, cursor } });

  addMembers = async (id: string, userIds: string[]): Promise<Member[]> => {
    const path = `/conversations/${id}/members`;
    return (await this.#call<{ members: Member[] }>({ method: 'POST', path, body: { userIds } })).members;
  };

  setRole = (id: string, userId: string, role: Role): Promise<Member> =>
    this.#call({ method: 'PATCH', path: `/conversations/${id}/members/${userId}`, body: { role } });

  removeMember = (id: string, userId: string): Promise<void> =>
    this.#call({ method: 'DELETE', path: `/conversations/${id}/members/${userId}` });

  messages = (query: {
    conversationId: string;
    after?: number | undefined;
    before?: number | undefined;
    limit?: number | undefined;
  }): Promise<Page<Message>> => this.#call({ method: 'GET', path: '/messages', query });

  /** Whose token it is, by one try: may get another token, and throws what keeps the server from saying so. */
  whoAmI = async (): Promise<Profile> => {
    return (await this.#authorized({ method: 'GET', path: '/users/me' })) as Profile; // As `me`.
  };

  /** `Answer` is what docs/openapi.yaml promises for the call. */
  async #call<Answer>(call: HttpCall): Promise<Answer> {
    const backoff = new Backoff(this.#random);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await this.#authorized(call)) as Answer; // See above.
      } catch (error) {
        const delay = retryDelay(error, () => backoff.next());
        if (delay === undefined || delay > patienceMs || attempt === attempts) throw error;
        await new Pause(this.#server.clock).wait(delay);
      }
    }
  }

  async #authorized(call: HttpCall): Promise<unknown> {
    const token = await this.#credentials.current();
    try {
      return await callOnce(this.#server, call, token);
    } catch (error) {
      if (!hasCode(error, 'UNAUTHENTICATED')) throw error;
      // A wrong `currentPassword` is answered in the same way as a wrong token: ask only where that was not the question.
      if (call.path === '/users/me/password') throw error;
    }
    try {
      return await callOnce(this.#server, call, await this.#credentials.insteadOf(token));
    } catch (error) {
      if (hasCode(error, 'UNAUTHENTICATED')) this.#onRefused(error);
      throw error;
    }
  }
}
