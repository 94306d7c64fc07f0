/** What a member's inbox row must be, given the member and the conversation. Pure: see `checkMembers` for the reading. */
import type { ConversationHead } from '../../lambdas/stores/conversation-store.ts';
import type { InboxRow } from '../../lambdas/stores/inbox-store.ts';
import type { MemberRow } from '../../lambdas/stores/member-store.ts';
import { hasExactInboxRows } from '../../shared/domain/large-groups.ts';

export type RowContext = {
  member: MemberRow;
  /** The end that the row must have reached: read before the row, long enough ago for deliver to have moved it. */
  reached: Pick<ConversationHead, 'lastSeq'>;
  /** Read after the row, which therefore is not ahead of it. */
  head: ConversationHead;
  /** The last message that the member sent, if any. */
  ownSeq: number | undefined;
  /** The other member of a DM. */
  peerId: string | undefined;
};

export type RowFinding = {
  check: string;
  found: unknown;
  expected: unknown;
  change: Partial<InboxRow>;
};

export function rowFindings(row: InboxRow, context: RowContext): RowFinding[] {
  const { member, reached, head, ownSeq, peerId } = context;
  const findings: RowFinding[] = [];
  const mustBe = <Name extends keyof InboxRow>(name: Name, expected: InboxRow[Name]) => {
    if (row[name] === expected) return;
    findings.push({ check: `inbox.${name}`, found: row[name], expected, change: { [name]: expected } });
  };

  mustBe('role', member.role);
  mustBe('joinedAt', member.joinedAt);
  mustBe('type', head.type);
  if (peerId !== undefined) mustBe('peerId', peerId);
  if (head.subscriptions === 'complete') mustBe('subscribedSince', member.joinedAt);
  if (hasExactInboxRows(head)) {
    // A row that is behind for a moment is catching up; one that is ahead holds every update off.
    if (row.lastSeq < reached.lastSeq || row.lastSeq > head.lastSeq) mustBe('lastSeq', head.lastSeq);
    const activity = head.lastSeq > member.joinedSeq ? head.lastActivityAt : member.joinedAt;
    if (row.lastSeq === head.lastSeq || findings.some(({ check }) => check === 'inbox.lastSeq')) {
      mustBe('lastActivityAt', activity);
    }
  }
  if (row.lastReadSeq > head.lastSeq) mustBe('lastReadSeq', head.lastSeq);
  // A sender has read what it sent. What was sent before joining again counts as read anyway.
  if (ownSeq !== undefined && row.lastReadSeq < ownSeq) mustBe('lastReadSeq', ownSeq);
  return findings;
}

/** The row of a member who has none, as it was on joining: what was read or set since is not known to anything else. */
export function rowOnJoining({ member, head, peerId }: RowContext): InboxRow {
  const { userId, conversationId, role, joinedAt, joinedSeq } = member;
  return {
    userId,
    conversationId,
    type: head.type,
    role,
    joinedAt,
    lastSeq: joinedSeq,
    lastReadSeq: joinedSeq,
    lastActivityAt: joinedAt,
    pinned: false,
    mutedUntil: null,
    ...(peerId !== undefined && { peerId }),
    ...(head.subscriptions !== undefined && { subscribedSince: joinedAt }),
  };
}
