import type { ConversationHead } from '../../lambdas/stores/conversation-store.ts';
import { idempotencyKey } from '../../lambdas/stores/message-log.ts';
import type { DerivedHead } from '../../lambdas/stores/reconciliation-store.ts';
import { messagePreview } from '../../shared/domain/message-preview.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { checkChanges } from './check-changes.ts';
import { type Finding, once, Unsettled, type VerifyStores } from './finding.ts';

const messagesPerPage = 200;
const maxAttempts = 10;

/** The last message of each sender, as far as the log was read. */
export type LastSent = { seqs: ReadonlyMap<string, number>; upTo: number };
export type MessagesCheck = { findings: Finding[]; lastSent: LastSent };

/**
 * That the sequence is dense, that each message has its idempotency record and each changed one its place among the changes, and
 * that the head follows from the last one.
 */
export async function checkMessages(stores: VerifyStores, before: ConversationHead): Promise<MessagesCheck> {
  const { conversationId } = before;
  const findings: Finding[] = [];
  const seqs = new Map<string, number>();
  const changed: Pick<Message, 'seq' | 'revision'>[] = [];
  let last: Message | undefined;
  const expectNext = (seq: number) => {
    const next = (last?.seq ?? 0) + 1;
    if (seq === next) return;
    const found = seq - 1 === next ? `${next} is missing` : `${next} to ${seq - 1} are missing`;
    findings.push({ check: 'messages.dense', conversationId, found, expected: 'every number' });
  };
  for (let more = true; more; ) {
    const page = await stores.messages.after(conversationId, last?.seq ?? 0, messagesPerPage);
    findings.push(...(await senderFindings(stores, page.messages)));
    for (const message of page.messages) {
      expectNext(message.seq);
      seqs.set(message.senderId, message.seq);
      if (message.revision !== undefined) changed.push({ seq: message.seq, revision: message.revision });
      last = message;
    }
    more = page.more;
  }
  // What the head named before was to be found. Lowering the head would give a number out twice that clients may know.
  if (before.lastSeq > (last?.seq ?? 0)) expectNext(before.lastSeq + 1);
  findings.push(...(await headFindings(stores, conversationId, last)));
  findings.push(...(await checkChanges(stores, conversationId, changed)));
  return { findings, lastSent: { seqs, upTo: last?.seq ?? 0 } };
}

/** That each message can be recognised, or, where its sender was erased, says nothing any more. */
async function senderFindings(stores: VerifyStores, messages: Message[]): Promise<Finding[]> {
  const records = await stores.log.idempotencyRecords(messages);
  const erased = await stores.profiles.tombstones(messages.map(({ senderId }) => senderId));
  return messages.flatMap((message): Finding[] => {
    const { conversationId, seq, senderId, messageId } = message;
    const tombstone = erased.get(senderId);
    if (tombstone !== undefined) {
      // While it is not finished, some are still to come.
      if (message.deleted || tombstone.erasureFinishedAt === undefined) return [];
      const found = `message ${seq} of a user who was erased`;
      return [
        { check: 'messages.erased', conversationId, userId: senderId, found, expected: 'a deleted message' },
      ];
    }
    const record = records.get(idempotencyKey(message));
    if (record?.conversationId === conversationId && record.seq === seq) return [];
    return [
      {
        check: 'idempotency.record',
        conversationId,
        userId: senderId,
        found: record === undefined ? `none for ${messageId}` : `${record.seq} in ${record.conversationId}`,
        expected: `${messageId} at ${seq}`,
      },
    ];
  });
}

/** Reads them until no message was changed in between: then the two belong together, whatever is appended meanwhile. */
async function headAndLast(stores: VerifyStores, conversationId: string, highest: Message | undefined) {
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const head = await stores.conversations.head(conversationId);
    if (head === undefined) return undefined;
    const lastSeq = Math.max(head.lastSeq, highest?.seq ?? 0);
    const last = await stores.messages.message(conversationId, lastSeq);
    const now = await stores.conversations.head(conversationId);
    if (now?.lastRevision === head.lastRevision) return { head, last };
  }
  throw new Unsettled('its messages are changed too fast');
}

async function headFindings(
  stores: VerifyStores,
  conversationId: string,
  highest: Message | undefined,
): Promise<Finding[]> {
  const read = await headAndLast(stores, conversationId, highest);
  if (read === undefined) return [];
  const { head, last } = read;
  if (last === undefined && head.lastSeq > 0) return []; // Reported as missing.
  const derived: DerivedHead = {
    lastSeq: last?.seq ?? 0,
    lastActivityAt: last?.createdAt ?? head.createdAt,
    lastMessagePreview: last === undefined ? null : messagePreview(last),
  };
  const mend = once(() => stores.reconciliation.mendHead(head, derived));
  const findings: Finding[] = [];
  const compare = (name: keyof DerivedHead, found: string, expected: string) => {
    if (found !== expected) findings.push({ check: `head.${name}`, conversationId, found, expected, mend });
  };
  compare('lastSeq', String(head.lastSeq), String(derived.lastSeq));
  compare('lastActivityAt', head.lastActivityAt, derived.lastActivityAt);
  if (!samePreview(head.lastMessagePreview, derived.lastMessagePreview)) {
    const found = previewText(head.lastMessagePreview);
    findings.push({
      check: 'head.lastMessagePreview',
      conversationId,
      found,
      expected: `the text of ${previewText(derived.lastMessagePreview)}`,
      mend,
    });
  }
  return findings;
}

type Preview = DerivedHead['lastMessagePreview'];

function samePreview(one: Preview, other: Preview): boolean {
  return one?.seq === other?.seq && one?.senderId === other?.senderId && one?.text === other?.text;
}

/** Without what was said. */
function previewText(preview: Preview): string {
  return preview === null ? 'no message' : `message ${preview.seq} of ${preview.senderId}`;
}
