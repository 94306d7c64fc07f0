import { checkMembers, type MembersOptions } from './check-members.ts';
import { checkMessages } from './check-messages.ts';
import type { Finding, VerifyStores } from './finding.ts';

/** What inbox rows are compared with. */
const heldTo = new Set(['head.lastSeq', 'head.lastActivityAt']);

/** All that can be wrong with one conversation, but for rows of people who are no members. `undefined` where there is none. */
export async function checkConversation(
  stores: VerifyStores,
  conversationId: string,
  options: MembersOptions,
): Promise<Finding[] | undefined> {
  const head = await stores.conversations.head(conversationId);
  if (head === undefined) return undefined;
  const { findings, lastSent } = await checkMessages(stores, head);
  // Rows are held to the head, so a head that is wrong is not to spread into them: they are checked once it is mended.
  if (findings.some(({ check }) => heldTo.has(check))) return findings;
  return [...findings, ...(await checkMembers(stores, conversationId, lastSent, options))];
}
