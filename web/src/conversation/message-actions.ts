import type { ConversationInfo, Message } from '@parley/client';

/** What one may do with a message. */
export type Allowed = { react: boolean; edit: boolean; delete: boolean };

/** As the server decides: docs/protocol.md, "Changes". */
export function allowedOn(
  { senderId, type, deleted }: Message,
  myId: string,
  { type: kind, role }: Pick<ConversationInfo, 'type' | 'role'>,
): Allowed {
  const stands = !deleted && type !== 'system';
  const isMine = senderId === myId;
  return {
    react: stands,
    edit: stands && isMine && type === 'text',
    delete: stands && (isMine || (kind === 'GROUP' && role === 'admin')),
  };
}

/** What {@link MessageMenu} and the bubble's reactions do. */
export type MessageActions = {
  toggleReaction(message: Message, emoji: string): void;
  chooseReaction(message: Message): void;
  edit(message: Message): void;
  askToDelete(message: Message): void;
};

/** Which emoji one has reacted with. */
export function reactionsOf({ reactions = {} }: Message, userId: string): string[] {
  return Object.keys(reactions).filter((emoji) => reactions[emoji]?.includes(userId));
}

/** One's newest message that can be edited. */
export function lastEditable(
  messages: readonly Message[],
  myId: string,
  info: Pick<ConversationInfo, 'type' | 'role'>,
): Message | undefined {
  return messages.findLast((message) => allowedOn(message, myId, info).edit);
}
