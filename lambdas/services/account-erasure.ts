import type { ErasureQueue } from '../stores/erasure-queue.ts';
import type { Tombstone, UserStore } from '../stores/user-store.ts';
import type { Closing } from './closing.ts';

/** The request itself then has ended the account, before the background does so once more. */
const firstDelaySeconds = 1;

/** What is done of an erasure at once. `EraseUser` does the rest. */
export class AccountErasure {
  readonly #users: UserStore;
  readonly #closing: Closing;
  readonly #queue: ErasureQueue;

  constructor(users: UserStore, closing: Closing, queue: ErasureQueue) {
    this.#users = users;
    this.#closing = closing;
    this.#queue = queue;
  }

  /**
   * From the first step on the user will be erased, whatever becomes of this call; once it has ended, nobody can sign in as
   * the user any more. Doing it again does no harm.
   */
  async request(userId: string): Promise<void> {
    await this.#queue.put(userId, firstDelaySeconds);
    await this.end(userId);
  }

  /** Holds the username back, refuses every token, and closes every connection. */
  async end(userId: string): Promise<Tombstone> {
    const tombstone = await this.#users.erase(userId);
    await this.#closing.of(userId);
    return tombstone;
  }
}
