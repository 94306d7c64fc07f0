import { hasExactInboxRows } from '../../shared/domain/large-groups.ts';
import type { Conversation } from '../../shared/protocol/entities.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { ConversationStore } from '../stores/conversation-store.ts';
import type { InboxPosition, InboxStore, Membership } from '../stores/inbox-store.ts';
import type { ConversationViews } from './conversation-views.ts';
import { type InboxCursor, readInboxCursor, writeInboxCursor } from './inbox-cursor.ts';

/** Large groups whose heads one heartbeat reads: as many as one call takes. */
const headsPerHeartbeat = 100;
const heartbeatMs = 60_000;

type Place = InboxPosition & { isLarge: boolean };

/**
 * A user's conversations by their newest activity. Those whose rows follow each message come from the `byActivity` index;
 * large groups, whose rows do not, are put between them by what their heads say.
 */
export class Inbox {
  readonly #inbox: InboxStore;
  readonly #conversations: ConversationStore;
  readonly #views: ConversationViews;
  readonly #clock: () => number;

  constructor(
    inbox: InboxStore,
    conversations: ConversationStore,
    views: ConversationViews,
    clock: () => number = Date.now,
  ) {
    this.#inbox = inbox;
    this.#conversations = conversations;
    this.#views = views;
    this.#clock = clock;
  }

  /**
   * However much happens between two pages, what did not move is in exactly one of them. What moved up is found by
   * reading from the top again.
   */
  async page(
    callerId: string,
    { limit = limits.inboxPage, cursor }: { limit?: number | undefined; cursor?: string | undefined },
  ): Promise<{ items: Conversation[]; nextCursor: string | null }> {
    const from = cursor === undefined ? undefined : readInboxCursor(cursor);
    const large = await this.#largeAmong(await this.#inbox.subscribed(callerId));
    // One more than asked for tells whether there is a next page.
    const places = merged(
      large.filter((place) => isBelow(place, from)).sort(newestFirst),
      await this.#indexed(callerId, limit + 1, from, new Set(large.map((place) => place.conversationId))),
    ).slice(0, limit + 1);
    const page = places.slice(0, limit);
    return {
      items: await this.#show(callerId, page),
      nextCursor: places.length > limit ? cursorAfter(page, from) : null,
    };
  }

  /**
   * When anything last happened in any of the user's conversations. Of more large groups than one call reads, each minute
   * it is the turn of others: who missed something in one finds out some minutes later.
   */
  async latestActivityAt(userId: string): Promise<string | null> {
    const [[newest], large] = await Promise.all([
      this.#inbox.newest(userId, 1),
      this.#inbox
        .subscribed(userId)
        .then((memberships) => this.#largeAmong(inTurn(memberships, this.#clock()))),
    ]);
    const times = [newest, ...large].flatMap((place) => place?.lastActivityAt ?? []);
    return times.sort().at(-1) ?? null;
  }

  async #largeAmong(memberships: Membership[]): Promise<Place[]> {
    if (memberships.length === 0) return [];
    const heads = await this.#conversations.heads(memberships.map(({ conversationId }) => conversationId));
    return memberships.flatMap(({ conversationId, joinedAt }) => {
      const head = heads.get(conversationId);
      if (head === undefined || hasExactInboxRows(head)) return [];
      // As its view says: to one who joined since, joining is the newest that happened.
      const lastActivityAt = head.lastActivityAt > joinedAt ? head.lastActivityAt : joinedAt;
      return [{ conversationId, lastActivityAt, isLarge: true }];
    });
  }

  /** Up to `count` places of the index, without the rows of large groups, which are stale. */
  async #indexed(
    userId: string,
    count: number,
    from: InboxCursor | undefined,
    largeIds: ReadonlySet<string>,
  ): Promise<Place[]> {
    const places: Place[] = [];
    let position = from?.indexed;
    for (;;) {
      const positions = await this.#inbox.newest(userId, count, position);
      for (const found of positions) {
        // Where the pages so far held large groups only, there is no position in the index to go on from yet.
        const movedUp = from !== undefined && found.lastActivityAt > from.lastActivityAt;
        if (!movedUp && !largeIds.has(found.conversationId)) places.push({ ...found, isLarge: false });
      }
      if (places.length >= count || positions.length < count) return places.slice(0, count);
      position = positions.at(-1);
    }
  }

  async #show(userId: string, page: Place[]): Promise<Conversation[]> {
    // The index lags: a conversation that has just moved up may still be there further down as well.
    const ids = new Set(page.map(({ conversationId }) => conversationId));
    const views = await this.#views.views(Array.from(ids, (conversationId) => ({ userId, conversationId })));
    // Something may have happened since the places were read, and the views show it.
    return views.map(({ conversation }) => conversation).sort(newestFirst);
  }
}

/** Those of the memberships that are looked at in this minute. */
function inTurn(memberships: Membership[], now: number): Membership[] {
  const turns = Math.ceil(memberships.length / headsPerHeartbeat);
  if (turns <= 1) return memberships;
  const start = (Math.floor(now / heartbeatMs) % turns) * headsPerHeartbeat;
  return memberships.slice(start, start + headsPerHeartbeat);
}

function newestFirst(one: InboxPosition, other: InboxPosition): number {
  if (one.lastActivityAt !== other.lastActivityAt) return one.lastActivityAt < other.lastActivityAt ? 1 : -1;
  return one.conversationId < other.conversationId ? 1 : -1;
}

/** Of places at the same time the large groups come first; {@link isBelow} counts on it. */
function merged(large: Place[], indexed: Place[]): Place[] {
  const places: Place[] = [];
  const rest = [...indexed];
  for (const place of large) {
    while (rest[0] !== undefined && rest[0].lastActivityAt > place.lastActivityAt) {
      places.push(...rest.splice(0, 1));
    }
    places.push(place);
  }
  return [...places, ...rest];
}

/** Whether a large group is still to come after the page that `from` ends. */
function isBelow(place: Place, from: InboxCursor | undefined): boolean {
  if (from === undefined || place.lastActivityAt < from.lastActivityAt) return true;
  if (place.lastActivityAt > from.lastActivityAt || from.largeId === undefined) return false;
  return place.conversationId < from.largeId;
}

function cursorAfter(page: Place[], from: InboxCursor | undefined): string | null {
  const last = page.at(-1);
  if (last === undefined) return null;
  const { lastActivityAt, conversationId } = page.findLast((place) => !place.isLarge) ?? from?.indexed ?? {};
  return writeInboxCursor({
    lastActivityAt: last.lastActivityAt,
    largeId: last.isLarge ? last.conversationId : undefined,
    indexed:
      lastActivityAt === undefined || conversationId === undefined
        ? undefined
        : { lastActivityAt, conversationId },
  });
}
