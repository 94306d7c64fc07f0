/** What no conversation leads to: inbox rows of people who are no members, and idempotency records without a message. */
import { isChangeKey } from '../../lambdas/stores/change-log.ts';
import type { Finding, VerifyStores } from './finding.ts';

export async function* strayInboxRows(stores: VerifyStores): AsyncGenerator<Finding[]> {
  for await (const rows of stores.reconciliation.inboxRows()) {
    const key = ({ userId, conversationId }: { userId: string; conversationId: string }) =>
      `${userId}/${conversationId}`;
    const members = new Set((await stores.reconciliation.members(rows)).map(key));
    const strangers = rows.filter((row) => !members.has(key(row)));
    const heads = await stores.conversations.heads([
      ...new Set(rows.map(({ conversationId }) => conversationId)),
    ]);
    const findings: Finding[] = [];
    for (const { userId, conversationId } of strangers) {
      // The two were read one after the other: somebody may have left in between.
      const row = await stores.inbox.row(userId, conversationId);
      if (row === undefined || (await stores.memberships.member(conversationId, userId))) continue;
      findings.push({
        check: 'inbox.row',
        conversationId,
        userId,
        found: `a row of a ${row.role}`,
        expected: 'none: no such member',
        mend: () => stores.reconciliation.removeRow(row),
      });
    }
    const headless = new Set(rows.map(({ conversationId }) => conversationId).filter((id) => !heads.has(id)));
    for (const conversationId of headless) {
      findings.push({
        check: 'head',
        conversationId,
        found: 'none',
        expected: 'a conversation, for it has members',
      });
    }
    yield findings;
  }
}

export async function* strayIdempotencyRecords(stores: VerifyStores): AsyncGenerator<Finding[]> {
  for await (const records of stores.reconciliation.idempotencyRecords()) {
    const messages = new Map(
      (await stores.reconciliation.messages(records)).map((message) => [
        `${message.conversationId}/${message.seq}`,
        message,
      ]),
    );
    yield records.flatMap(({ conversationId, seq, senderId, messageId }): Finding[] => {
      const message = messages.get(`${conversationId}/${seq}`);
      // Of a change: whether its message is there, the message's own record tells.
      if (isChangeKey(messageId)) return [];
      if (message?.senderId === senderId && message.messageId === messageId) return [];
      return [
        {
          check: 'idempotency.message',
          conversationId,
          userId: senderId,
          found: message === undefined ? `no message ${seq}` : `${message.messageId} at ${seq}`,
          expected: `${messageId} at ${seq}`,
        },
      ];
    });
  }
}
