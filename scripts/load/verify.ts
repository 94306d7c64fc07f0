import { type Check, Checking } from './checking.ts';
import {
  type Observation,
  ofMember,
  type Received,
  type Stored,
  type StoredConversation,
  type StoredTruth,
} from './observation.ts';
import { verifyChanges } from './verify-changes.ts';

export type Verdict = { passed: boolean; checks: Check[] };

/** What Parley promises (docs/protocol.md, "Promises"), held against what clients saw and what the server has. */
export function verify(observation: Observation, truth: StoredTruth): Verdict {
  const checks = [
    acknowledged(observation),
    storedOnce(observation, truth),
    nothingElseStored(observation, truth),
    dense(truth),
    sendersOrder(observation, truth),
    receivedOnceInOrder(observation, truth),
    unreadCounts(observation, truth),
    shownInboxes(observation, truth),
    ...verifyChanges(observation, truth),
  ];
  return { passed: checks.every(({ checked, failures }) => checked > 0 && failures === 0), checks };
}

function acknowledged({ sent }: Observation): Check {
  const checking = new Checking('nothing is left unacknowledged');
  for (const { messageId, senderId, state, error } of sent) {
    checking.look(
      ...(state === 'stored'
        ? []
        : [`${messageId} of ${senderId} is still ${state}${error === undefined ? '' : `: ${error}`}`]),
    );
  }
  return checking.check;
}

function storedOnce({ sent }: Observation, truth: StoredTruth): Check {
  const checking = new Checking('each message is stored once, as it was sent');
  const stored = new Map<string, (Stored & { conversationId: string })[]>();
  for (const [conversationId, { messages }] of truth.conversations) {
    for (const message of messages) {
      const key = keyOf(message);
      stored.set(key, [...(stored.get(key) ?? []), { ...message, conversationId }]);
    }
  }
  for (const message of sent) {
    const [first, ...repeats] = stored.get(keyOf(message)) ?? [];
    const problems: string[] = [];
    const name = `${message.messageId} of ${message.senderId}`;
    if (first === undefined) problems.push(`${name} (${message.state}) is not stored`);
    if (repeats.length > 0) problems.push(`${name} is stored ${repeats.length + 1} times`);
    if (first !== undefined && first.conversationId !== message.conversationId)
      problems.push(`${name} is stored in another conversation`);
    if (first !== undefined && first.copy === undefined && first.content !== message.content)
      problems.push(`${name} is stored with other words`);
    if (first !== undefined && message.seq !== undefined && message.seq !== first.seq)
      problems.push(`${name} is stored as ${first.seq}, its sender was told ${message.seq}`);
    checking.look(...problems);
  }
  return checking.check;
}

function nothingElseStored({ sent }: Observation, truth: StoredTruth): Check {
  const checking = new Checking('nothing is stored that was not sent');
  const known = new Set(sent.map(keyOf));
  for (const [conversationId, { messages }] of truth.conversations) {
    for (const message of messages) {
      checking.look(
        ...(known.has(keyOf(message))
          ? []
          : [`${conversationId} has ${message.messageId} of ${message.senderId} as ${message.seq}`]),
      );
    }
  }
  return checking.check;
}

function dense(truth: StoredTruth): Check {
  const checking = new Checking('sequences are dense');
  for (const [conversationId, { base, messages }] of truth.conversations) {
    const wrong = messages.findIndex(({ seq }, index) => seq !== base + 1 + index);
    checking.look(
      ...(wrong < 0
        ? []
        : [`${conversationId} has ${messages[wrong]?.seq} where ${base + 1 + wrong} belongs`]),
    );
  }
  return checking.check;
}

/** Of two messages that one client sends in order, the first is stored first. */
function sendersOrder({ sent }: Observation, truth: StoredTruth): Check {
  const checking = new Checking('the messages of each sender are stored in the order of sending');
  const places = new Map<string, number>();
  for (const message of sent) places.set(keyOf(message), places.size);
  for (const [conversationId, { messages }] of truth.conversations) {
    const last = new Map<string, number>();
    for (const message of messages) {
      const place = places.get(keyOf(message));
      if (place === undefined) continue; // `nothingElseStored` says so.
      const before = last.get(message.senderId) ?? -1;
      checking.look(
        ...(place > before
          ? []
          : [
              `${message.messageId} of ${message.senderId} is ${message.seq} of ${conversationId}, after one sent later`,
            ]),
      );
      last.set(message.senderId, Math.max(place, before));
    }
  }
  return checking.check;
}

function receivedOnceInOrder({ received }: Observation, truth: StoredTruth): Check {
  const checking = new Checking('each member received each message once, in order');
  for (const [conversationId, { members, messages }] of truth.conversations) {
    for (const userId of members) {
      const told = ofMember(received, userId, conversationId) ?? [];
      checking.look(...differences(messages, told).map((what) => `${userId} in ${conversationId}: ${what}`));
    }
  }
  return checking.check;
}

function differences(stored: readonly Stored[], told: readonly Received[]): string[] {
  const problems: string[] = [];
  const bySeq = new Map(stored.map((message) => [message.seq, message]));
  const seen = new Set<number>();
  let last = 0;
  for (const message of told) {
    const original = bySeq.get(message.seq);
    if (original === undefined) problems.push(`received ${message.seq}, which is not stored`);
    else if (keyOf(original) !== keyOf(message) || !isAsSaid(original, message))
      problems.push(`received ${message.seq} unlike it is stored`);
    if (seen.has(message.seq)) problems.push(`received ${message.seq} again`);
    else if (message.seq < last) problems.push(`received ${message.seq} after ${last}`);
    seen.add(message.seq);
    last = Math.max(last, message.seq);
  }
  const missing = stored.filter(({ seq }) => !seen.has(seq)).map(({ seq }) => seq);
  if (missing.length > 0) {
    const some = missing.slice(0, 5).join(', ');
    problems.push(`never received ${some}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}`);
  }
  return problems;
}

/** What a message that has changed since was when it was told, verify-changes.ts looks at. */
function isAsSaid({ copy, content }: Stored, told: Received): boolean {
  return copy !== undefined || content === told.content;
}

/** The server's inbox: unread is what was said since the reader's marker, and who has sent has read up to there. */
function unreadCounts({ markers }: Observation, truth: StoredTruth): Check {
  const checking = new Checking('inboxes and unread counts are right');
  for (const [conversationId, conversation] of truth.conversations) {
    const ends = lastOfEach(conversation);
    const lastSeq = conversation.base + conversation.messages.length;
    for (const userId of conversation.members) {
      const row = ofMember(truth.inboxes, userId, conversationId);
      const marker = ofMember(markers, userId, conversationId);
      const who = `${userId} in ${conversationId}`;
      if (row === undefined) {
        checking.look(`${who}: the inbox does not list it`);
        continue;
      }
      const read = Math.max(conversation.base, ends.get(userId) ?? 0, marker?.confirmed ?? 0);
      const problems: string[] = [];
      if (marker !== undefined && marker.confirmed < marker.asked)
        problems.push(`${who}: the marker ${marker.asked} was never confirmed`);
      else if (row.lastReadSeq !== read)
        problems.push(`${who}: lastReadSeq is ${row.lastReadSeq}, not ${read}`);
      if (row.lastSeq !== lastSeq) problems.push(`${who}: lastSeq is ${row.lastSeq}, not ${lastSeq}`);
      if (row.unreadCount !== row.lastSeq - row.lastReadSeq)
        problems.push(`${who}: unreadCount is ${row.unreadCount}, not ${row.lastSeq - row.lastReadSeq}`);
      checking.look(...problems);
    }
  }
  return checking.check;
}

function lastOfEach({ messages }: StoredConversation): Map<string, number> {
  return new Map(messages.map(({ senderId, seq }) => [senderId, seq]));
}

function shownInboxes({ shown }: Observation, truth: StoredTruth): Check {
  const checking = new Checking('clients show the inbox that the server has');
  for (const [userId, rows] of truth.inboxes) {
    for (const [conversationId, row] of rows) {
      const own = ofMember(shown, userId, conversationId);
      const same =
        own?.lastSeq === row.lastSeq &&
        own.lastReadSeq === row.lastReadSeq &&
        own.unreadCount === row.unreadCount;
      checking.look(
        ...(same
          ? []
          : [
              `${userId} in ${conversationId}: shows ${JSON.stringify(own)}, the server has ${JSON.stringify(row)}`,
            ]),
      );
    }
  }
  return checking.check;
}

function keyOf({ senderId, messageId }: { senderId: string; messageId: string }): string {
  return `${senderId}/${messageId}`;
}
