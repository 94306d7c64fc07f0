import type { ParleyClient, PublicProfile } from '@parley/client';

type Answer = Pick<PublicProfile, 'userId' | 'displayName' | 'username'>;

/**
 * Requests for names that come while one task renders are asked for together. A call takes 100; with a conversation for
 * each, half as many keep its address below the 10 KB that API Gateway takes of one.
 */
const IDS_PER_CALL = 50;

/** Who wrote here and is nobody one shares a conversation with any more. */
const FORMER_MEMBER = 'Former member';

/** Names of the people one meets in messages, looked up once each and kept while the page is open. */
export class People {
  readonly #client: ParleyClient;
  readonly #known = new Map<string, Answer>();
  /** By where they were met: who has left one conversation may be in another. */
  readonly #asked = new Set<string>();
  readonly #unknown = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #wanted: { userId: string; conversationId: string }[] = [];

  constructor(client: ParleyClient, me: PublicProfile) {
    this.#client = client;
    this.#known.set(me.userId, me);
  }

  /**
   * Undefined until looked up, and for those with whom one shares nothing any more.
   * @param conversationId where one meets them, which is where the server looks first
   */
  get(userId: string, conversationId: string): Answer | undefined {
    if (!this.#known.has(userId) && !this.#asked.has(placeOf(userId, conversationId)))
      this.#want(userId, conversationId);
    return this.#known.get(userId);
  }

  /** Of who left the conversation there is no name any more, and of an erased account never again. */
  name(userId: string, conversationId: string): string {
    return (
      this.get(userId, conversationId)?.displayName ?? (this.isUnknown(userId) ? FORMER_MEMBER : 'Someone')
    );
  }

  /** Looked up, and not found. */
  isUnknown(userId: string): boolean {
    return this.#unknown.has(userId) && !this.#known.has(userId);
  }

  learn(profiles: readonly Answer[]): void {
    const fresh = profiles.filter(
      ({ userId, displayName }) => this.#known.get(userId)?.displayName !== displayName,
    );
    for (const profile of fresh) this.#known.set(profile.userId, profile);
    if (fresh.length > 0) this.#tell();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #want(userId: string, conversationId: string): void {
    this.#asked.add(placeOf(userId, conversationId));
    this.#wanted.push({ userId, conversationId });
    if (this.#wanted.length === 1) queueMicrotask(() => this.#lookUp());
  }

  async #lookUp(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = [];
    for (let start = 0; start < wanted.length; start += IDS_PER_CALL) {
      const together = wanted.slice(start, start + IDS_PER_CALL);
      const some = together.map(({ userId }) => userId);
      const places = together.map(({ conversationId }) => conversationId);
      try {
        const found = await this.#client.profiles(
          some,
          new Set(places).size === 1 ? places.slice(0, 1) : places,
        );
        this.learn(found);
        this.#missed(some.filter((userId) => !found.some((profile) => profile.userId === userId)));
      } catch {
        // A name is not worth a message: it is asked for again when it is next shown.
        for (const { userId, conversationId } of together)
          this.#asked.delete(placeOf(userId, conversationId));
      }
    }
  }

  #missed(userIds: readonly string[]): void {
    for (const userId of userIds) this.#unknown.add(userId);
    if (userIds.length > 0) this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function placeOf(userId: string, conversationId: string): string {
  return `${userId} ${conversationId}`;
}
