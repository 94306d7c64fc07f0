import type { User, UserStore } from '../stores/user-store.ts';
import type { Closing } from './closing.ts';

/** Keeps a user out: an operator's decision, which no route of the API makes. */
export class Blocking {
  readonly #users: UserStore;
  readonly #closing: Closing;

  constructor(users: UserStore, closing: Closing) {
    this.#users = users;
    this.#closing = closing;
  }

  /**
   * From now on no login succeeds, every token is refused and every connection is closed. To do it again does no harm. Answers
   * `undefined` where there is no such user.
   */
  async block(username: string): Promise<User | undefined> {
    return this.#of(username, async (user) => {
      await this.#users.block(user.userId);
      await this.#closing.of(user.userId);
    });
  }

  /** Lets the user log in again; tokens of before stay refused. */
  async unblock(username: string): Promise<User | undefined> {
    return this.#of(username, (user) => this.#users.unblock(user.userId));
  }

  async #of(username: string, change: (user: User) => Promise<void>): Promise<User | undefined> {
    const credential = await this.#users.credential(username);
    const user = credential && (await this.#users.user(credential.userId));
    if (user !== undefined) await change(user);
    return user;
  }
}
