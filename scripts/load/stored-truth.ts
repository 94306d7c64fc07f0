import pMap from 'p-map';
import { ParleyError } from '../../client/src/index.ts';
import type { ConversationInfo, Message } from '../../client/src/protocol.ts';
import type { Crowd, Talk } from './crowd.ts';
import { insist } from './insist.ts';
import {
  type ByMember,
  copyOf,
  type InboxRow,
  type StoredConversation,
  type StoredTruth,
  setOfMember,
} from './observation.ts';
import type { Person } from './person.ts';

type Page<Item> = { items: Item[]; nextCursor: string | null };

const concurrency = 4;

/** Asks the server what it has. With plain requests: what the clients believe is what is to be checked. */
export async function readStoredTruth(url: string, crowd: Crowd, signal: AbortSignal): Promise<StoredTruth> {
  const stored = await readConversations(url, crowd.talks, signal);
  const conversations = new Map(stored.map((one) => [one.conversationId, one]));
  const inboxes: ByMember<InboxRow> = new Map();
  await pMap(
    crowd.people,
    async (person) => {
      const rows = await all<ConversationInfo>(
        (cursor) =>
          `/conversations?limit=100${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
        person,
        url,
        signal,
      );
      for (const { conversationId, lastSeq, lastReadSeq, unreadCount } of rows) {
        if (!conversations.has(conversationId)) continue;
        setOfMember(inboxes, person.userId, conversationId, { lastSeq, lastReadSeq, unreadCount });
      }
    },
    { concurrency },
  );
  return { conversations, inboxes };
}

/** Their messages since the run began. */
export function readConversations(
  url: string,
  talks: readonly Talk[],
  signal: AbortSignal,
): Promise<(StoredConversation & { conversationId: string })[]> {
  return pMap(
    talks,
    async ({ conversationId, members, base }, index) => {
      // Another member each time: all read the same log.
      const reader = members[index % members.length];
      if (reader === undefined) throw new Error(`${conversationId} has no members`);
      const messages = await all<Message>(
        (after) => `/messages?conversationId=${conversationId}&limit=100&after=${after ?? base}`,
        reader,
        url,
        signal,
      );
      return {
        conversationId,
        members: members.map(({ userId }) => userId),
        base,
        messages: messages.map((message) => {
          const { seq, messageId, senderId, content } = message;
          return { seq, messageId, senderId, content, copy: copyOf(message) };
        }),
      };
    },
    { concurrency },
  );
}

async function all<Item>(
  path: (cursor: string | undefined) => string,
  reader: Person,
  url: string,
  signal: AbortSignal,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<Item> = await insist(() => get<Item>(`${url}/v1${path(cursor)}`, reader), { signal });
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

async function get<Item>(address: string, { token }: Person): Promise<Page<Item>> {
  const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } }).catch(
    (error: unknown) => {
      throw new ParleyError('UNAVAILABLE', String(error));
    },
  );
  const body: unknown = await response.json();
  if (response.ok) return body as Page<Item>; // docs/openapi.yaml: of both listings.
  const temporary = response.status === 429 || response.status >= 500;
  throw temporary
    ? new ParleyError('UNAVAILABLE', `${response.status}`)
    : new Error(`GET ${address} answered ${response.status}: ${JSON.stringify(body)}`);
}
