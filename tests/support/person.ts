import type { Conversation, Profile } from '../../shared/protocol/entities.ts';
import type { Answer, ApiClient } from './api-client.ts';
import type { ChatSocket, Handshake } from './chat-socket.ts';

export type Session = { token: string; expiresAt: string };
export type SignedIn = Session & { user: Profile };

/** How a person reaches Parley. */
export type Door = {
  api(token?: string): ApiClient;
  connect(handshake: Handshake): Promise<ChatSocket>;
};

/** Someone who registered: what the tests' characters do, in their words. */
export class Person {
  readonly user: Profile;
  readonly password: string;
  readonly token: string;
  readonly api: ApiClient;
  readonly #door: Door;

  constructor(door: Door, { user, token }: SignedIn, password: string) {
    this.#door = door;
    this.user = user;
    this.password = password;
    this.token = token;
    this.api = door.api(token);
  }

  get id(): string {
    return this.user.userId;
  }

  /** Another device each time. */
  connect(): Promise<ChatSocket> {
    return this.#door.connect({ protocols: ['parley.v1', `bearer.${this.token}`] });
  }

  /** Asks for the account to be erased. */
  erase(): Promise<Answer<undefined>> {
    return this.api.delete('/users/me', { password: this.password });
  }

  /** The id of the direct conversation with `other`. */
  async dm(other: Person): Promise<string> {
    return idOf(await this.api.post<Conversation>('/conversations', { type: 'DM', memberIds: [other.id] }));
  }

  /** The id of a new group of these and oneself. */
  async group(title: string, ...others: Person[]): Promise<string> {
    const memberIds = others.map((other) => other.id);
    return idOf(await this.api.post<Conversation>('/conversations', { type: 'GROUP', title, memberIds }));
  }
}

function idOf({ status, body }: Answer<Conversation>): string {
  if (status !== 201 && status !== 200) throw new Error(`No conversation: ${JSON.stringify(body)}`);
  return body.conversationId;
}
