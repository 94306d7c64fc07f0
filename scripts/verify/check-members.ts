import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import type { ConversationHead } from '../../lambdas/stores/conversation-store.ts';
import type { InboxRow } from '../../lambdas/stores/inbox-store.ts';
import type { MemberRow } from '../../lambdas/stores/member-store.ts';
import { hasExactInboxRows } from '../../shared/domain/large-groups.ts';
import type { LastSent } from './check-messages.ts';
import { type Finding, once, Unsettled, type VerifyStores } from './finding.ts';
import { type RowContext, type RowFinding, rowFindings, rowOnJoining } from './row-rules.ts';

const membersPerPage = 100;
const messagesPerPage = 200;
const attempts = 8;
const looksAtOnce = 10;

export type MembersOptions = {
  /** How long what looks wrong may take to come right by itself: deliver moves rows after it has stored. */
  patienceMs: number;
};

/** That each member has a row which says the same, and that the head counts them rightly. */
export async function checkMembers(
  stores: VerifyStores,
  conversationId: string,
  lastSent: LastSent,
  options: MembersOptions,
): Promise<Finding[]> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = await stores.conversations.head(conversationId);
    if (before === undefined) return [];
    const suspects: string[] = [];
    const counts = { memberCount: 0, adminCount: 0 };
    for await (const members of memberPages(stores, conversationId)) {
      counts.memberCount += members.length;
      counts.adminCount += members.filter(({ role }) => role === 'admin').length;
      suspects.push(...(await suspectsAmong(stores, members, before, lastSent.seqs)));
    }
    const after = await stores.conversations.head(conversationId);
    if (after === undefined) return [];
    // Somebody joined, left or changed role meanwhile: the count is of no one moment.
    if (after.membersVersion !== before.membersVersion) continue;
    const rows = await pMap(
      suspects,
      (userId) => settledFindings(stores, conversationId, userId, lastSent, options),
      { concurrency: looksAtOnce },
    );
    return [...countFindings(stores, after, counts), ...rows.flat()];
  }
  throw new Unsettled(`The members of ${conversationId} change faster than they can be read`);
}

async function* memberPages(stores: VerifyStores, conversationId: string): AsyncGenerator<MemberRow[]> {
  let after: string | undefined;
  do {
    const members = await stores.memberships.page(conversationId, membersPerPage, after);
    yield members;
    after = members.length < membersPerPage ? undefined : members.at(-1)?.userId;
  } while (after !== undefined);
}

function countFindings(
  stores: VerifyStores,
  head: ConversationHead,
  counts: { memberCount: number; adminCount: number },
): Finding[] {
  const wrong = (['memberCount', 'adminCount'] as const).filter((name) => head[name] !== counts[name]);
  const mend = once(() => stores.reconciliation.mendCounts(head, counts));
  return wrong.map((name) => ({
    check: `head.${name}`,
    conversationId: head.conversationId,
    found: String(head[name]),
    expected: String(counts[name]),
    mend,
  }));
}

/** Whose rows do not look right at first sight. */
async function suspectsAmong(
  stores: VerifyStores,
  members: MemberRow[],
  reached: ConversationHead,
  ownSeqs: ReadonlyMap<string, number>,
): Promise<string[]> {
  const rows = new Map(
    (await stores.inbox.rows(members.map(({ userId, conversationId }) => ({ userId, conversationId })))).map(
      (row) => [row.userId, row],
    ),
  );
  const head = (await stores.conversations.head(reached.conversationId)) ?? reached;
  return members
    .filter((member) => {
      const row = rows.get(member.userId);
      const ownSeq = ownSeqs.get(member.userId);
      // A DM has two members, so both are in this page.
      const peerId = peerOf(member, head, members);
      return row === undefined || rowFindings(row, { member, reached, head, ownSeq, peerId }).length > 0;
    })
    .map(({ userId }) => userId);
}

/** Looks at one row until it is right, or has been wrong for as long as patience lasts. */
async function settledFindings(
  stores: VerifyStores,
  conversationId: string,
  userId: string,
  lastSent: LastSent,
  { patienceMs }: MembersOptions,
): Promise<Finding[]> {
  const reached = await stores.conversations.head(conversationId);
  if (reached === undefined) return [];
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const isLastLook = Date.now() >= deadline;
    const row = await stores.inbox.row(userId, conversationId);
    const member = await stores.memberships.member(conversationId, userId);
    const head = await stores.conversations.head(conversationId);
    if (member === undefined || head === undefined) return []; // Left: a row that stays is found with the orphans.
    const peers = head.type === 'DM' ? await stores.memberships.all(conversationId) : [];
    const ownSeq = lastSent.seqs.get(userId);
    const context = { member, reached, head, ownSeq, peerId: peerOf(member, head, peers) };
    const findings = findingsOfMember(stores, row, context, lastSent);
    if (findings.length === 0 || isLastLook) return findings;
    await delay(Math.min(200, patienceMs));
  }
}

function findingsOfMember(
  stores: VerifyStores,
  row: InboxRow | undefined,
  context: RowContext,
  lastSent: LastSent,
): Finding[] {
  const { userId, conversationId, role } = context.member;
  if (row === undefined) {
    return [
      {
        check: 'inbox.row',
        conversationId,
        userId,
        found: 'none',
        expected: `the row of a member (${role})`,
        mend: () =>
          mended(stores, context.member, lastSent, () =>
            stores.reconciliation.addRow(context.member, rowOnJoining(context)),
          ),
      },
    ];
  }
  const findings = rowFindings(row, context);
  const mendOf = (those: RowFinding[]) => {
    const changes: Partial<InboxRow> = Object.assign({}, ...those.map(({ change }) => change));
    return once(() =>
      mended(stores, context.member, lastSent, () =>
        stores.reconciliation.mendRow(context.member, row, changes),
      ),
    );
  };
  const mendPosition = mendOf(findings.filter(isPosition));
  const mendRest = mendOf(findings.filter((finding) => !isPosition(finding)));
  return findings.map((finding) => ({
    check: finding.check,
    conversationId,
    userId,
    found: String(finding.found),
    expected: String(finding.expected),
    mend: isPosition(finding) ? mendPosition : mendRest,
  }));
}

/** Each message moves these, so mending them may lose a race that the rest of a row is not in. */
function isPosition({ check }: RowFinding): boolean {
  return check === 'inbox.lastSeq' || check === 'inbox.lastActivityAt';
}

/**
 * While a row was missing or ahead, deliver could not move it. So once it can again, the row is moved to the end that the
 * conversation has by then: what is stored after that read, deliver moves it to.
 */
async function mended(
  stores: VerifyStores,
  { userId, conversationId }: MemberRow,
  lastSent: LastSent,
  write: () => Promise<boolean>,
): Promise<boolean> {
  if (!(await write())) return false;
  const ownSeq = await lastSentBy(stores, conversationId, userId, lastSent);
  if (ownSeq !== undefined) await stores.inbox.markRead(userId, conversationId, ownSeq);
  const head = await stores.conversations.head(conversationId);
  if (head !== undefined && hasExactInboxRows(head)) await stores.inbox.advance(userId, head);
  return true;
}

/** Up to now: people went on writing since the log was read. */
async function lastSentBy(
  stores: VerifyStores,
  conversationId: string,
  userId: string,
  { seqs, upTo }: LastSent,
): Promise<number | undefined> {
  let ownSeq = seqs.get(userId);
  let after = upTo;
  for (let more = true; more; ) {
    const page = await stores.messages.after(conversationId, after, messagesPerPage);
    for (const { senderId, seq } of page.messages) {
      if (senderId === userId) ownSeq = seq;
      after = seq;
    }
    more = page.more;
  }
  return ownSeq;
}

function peerOf({ userId }: MemberRow, { type }: ConversationHead, members: MemberRow[]): string | undefined {
  return type === 'DM' ? members.find((member) => member.userId !== userId)?.userId : undefined;
}
