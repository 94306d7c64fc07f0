import type { ChangeStore } from '../../lambdas/stores/change-store.ts';
import type { ConversationStore } from '../../lambdas/stores/conversation-store.ts';
import type { InboxStore } from '../../lambdas/stores/inbox-store.ts';
import type { MemberStore } from '../../lambdas/stores/member-store.ts';
import type { MessageLog } from '../../lambdas/stores/message-log.ts';
import type { MessageStore } from '../../lambdas/stores/message-store.ts';
import type { ReconciliationStore } from '../../lambdas/stores/reconciliation-store.ts';
import type { ProfileStore } from '../../lambdas/stores/user-store.ts';

/** Something that is not as the messages and the members say. */
export type Finding = {
  /** Such as `inbox.role`. */
  check: string;
  conversationId: string;
  userId?: string;
  found: string;
  expected: string;
  /** Only of what is derived. Answers `false` where it moved meanwhile. */
  mend?: () => Promise<boolean>;
};

export type VerifyStores = {
  conversations: ConversationStore;
  memberships: MemberStore;
  inbox: InboxStore;
  messages: MessageStore;
  changes: ChangeStore;
  log: MessageLog;
  profiles: ProfileStore;
  reconciliation: ReconciliationStore;
};

/** What changes so fast that it could not be read at one version. */
export class Unsettled extends Error {
  override name = 'Unsettled';
}

/** What one write mends together is written once, whichever of its findings comes first. */
export function once(write: () => Promise<boolean>): () => Promise<boolean> {
  let written: Promise<boolean> | undefined;
  return () => {
    written ??= write();
    return written;
  };
}
