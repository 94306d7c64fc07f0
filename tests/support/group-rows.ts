import { randomUUID } from 'node:crypto';
import { newHead, newRow } from '../../lambdas/services/new-conversation.ts';
import type { ConversationHead } from '../../lambdas/stores/conversation-store.ts';
import type { Container } from './world.ts';

const membersAtOnce = 49;

/** A group written straight into the tables, of an admin and others who need not be users. Answers its id. */
export async function writeGroup(
  { stores }: Container,
  adminId: string,
  others: readonly string[],
  facts: Pick<ConversationHead, 'subscriptions' | 'isLarge'> = {},
): Promise<string> {
  const conversationId = `cnv_${randomUUID()}`;
  const counts = { memberCount: 1, adminCount: 1 };
  const head = { ...newHead(conversationId, 'GROUP', 'A group', adminId, counts), ...facts };
  await stores.memberships.create(head, [newRow(head, adminId, 'admin')]);
  for (let start = 0; start < others.length; start += membersAtOnce) {
    const now = await stores.conversations.head(conversationId);
    const rows = others.slice(start, start + membersAtOnce).map((userId) => newRow(head, userId, 'member'));
    if (now === undefined || !(await stores.memberships.add(now, rows))) throw new Error('Not added');
  }
  return conversationId;
}
