import type { Message, OutgoingMessage } from '@parley/client';
import { dayOf } from '../text/time.ts';

/** What the list of messages is made of, from top to bottom. */
export type Row =
  | { kind: 'start'; key: string }
  | { kind: 'day'; key: string; time: number }
  | { kind: 'new'; key: string }
  | { kind: 'message'; key: string; message: Message; place: Place }
  | { kind: 'outgoing'; key: string; outgoing: OutgoingMessage; place: Place };

/** Where a message stands among those that its sender wrote one after the other. */
export type Place = { isFirst: boolean; isLast: boolean };

/** Messages of one sender are shown as a group unless this much time lies between them. */
const GROUP_GAP_MS = 5 * 60_000;

type Entry = { key: string; senderId: string; time: number; seq: number; isSystem: boolean } & (
  | { message: Message }
  | { outgoing: OutgoingMessage }
);

type Content = {
  messages: readonly Message[];
  outgoing: readonly OutgoingMessage[];
  myId: string;
  /** The line "new messages" stands after this `seq`; undefined for none. */
  newAfter: number | undefined;
};

export function rowsOf({ messages, outgoing, myId, newAfter }: Content): Row[] {
  const entries = [...messages.map(storedEntry), ...waitingEntries(outgoing, messages, myId)];
  const rows: Row[] = [{ kind: 'start', key: 'start' }];
  let newLineShown = newAfter === undefined;
  for (const [index, entry] of entries.entries()) {
    const before = entries[index - 1];
    const after = entries[index + 1];
    if (before === undefined || dayOf(before.time) !== dayOf(entry.time))
      rows.push({ kind: 'day', key: `day ${dayOf(entry.time)}`, time: entry.time });
    // Where older messages are still to come, the line may belong further up.
    const opensNew = !newLineShown && newAfter !== undefined && entry.seq > newAfter;
    if (opensNew) {
      newLineShown = true;
      if (before !== undefined || entry.seq === newAfter + 1) rows.push({ kind: 'new', key: 'new' });
    }
    const place = {
      isFirst: opensNew || before === undefined || !belongTogether(before, entry),
      isLast:
        after === undefined ||
        !belongTogether(entry, after) ||
        (newAfter !== undefined && entry.seq === newAfter),
    };
    rows.push(
      'message' in entry
        ? { kind: 'message', key: entry.key, message: entry.message, place }
        : { kind: 'outgoing', key: entry.key, outgoing: entry.outgoing, place },
    );
  }
  return rows;
}

/** The same key before and after it is stored, so that the row on the screen stays the same one. */
function keyOf(senderId: string, messageId: string): string {
  return `${senderId} ${messageId}`;
}

function storedEntry(message: Message): Entry {
  const { senderId, messageId, seq, type, createdAt } = message;
  return {
    key: keyOf(senderId, messageId),
    senderId,
    time: Date.parse(createdAt),
    seq,
    isSystem: type === 'system',
    message,
  };
}

/** For a moment a message may be both in the list and on its way. */
function waitingEntries(
  outgoing: readonly OutgoingMessage[],
  messages: readonly Message[],
  myId: string,
): Entry[] {
  if (outgoing.length === 0) return [];
  const stored = new Set(
    messages.filter(({ senderId }) => senderId === myId).map(({ messageId }) => messageId),
  );
  return outgoing
    .filter(({ messageId, state }) => state !== 'discarded' && !stored.has(messageId))
    .map((one) => ({
      key: keyOf(myId, one.messageId),
      senderId: myId,
      time: one.queuedAt,
      seq: Number.POSITIVE_INFINITY,
      isSystem: false,
      outgoing: one,
    }));
}

function belongTogether(before: Entry, after: Entry): boolean {
  return (
    before.senderId === after.senderId &&
    !before.isSystem &&
    !after.isSystem &&
    dayOf(before.time) === dayOf(after.time) &&
    after.time - before.time < GROUP_GAP_MS
  );
}
