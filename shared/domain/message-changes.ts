import type { Message } from '../protocol/entities.ts';
import { ParleyError } from '../protocol/errors.ts';
import { limits } from '../protocol/limits.ts';
import type { Role } from '../protocol/values.ts';
import type { MessageChange } from './accepted-change.ts';

/** What a client calls a change; nobody asks for an erasure by its name. */
export function actionOf({ type }: MessageChange): 'editMessage' | 'deleteMessage' | 'react' | undefined {
  return actions[type];
}

const actions = { edit: 'editMessage', delete: 'deleteMessage', react: 'react', erase: undefined } as const;

/** Who changes a message, and what they are in its conversation: `undefined` for who is no member. */
export type Changer = { userId: string; role: Role | undefined };

/**
 * The message after a change, without its `revision`; the very same object where the change changes nothing. Throws
 * `FORBIDDEN` to one who may not, and `CONFLICT` where the message is not in a state for it.
 * @param now ISO 8601, when the change is made
 */
export function changedMessage(message: Message, change: MessageChange, by: Changer, now: string): Message {
  if (change.type === 'erase') return erased(message, by.userId);
  if (by.role === undefined)
    throw new ParleyError('FORBIDDEN', 'You are not a member of this conversation any more.');
  switch (change.type) {
    case 'edit':
      return edited(message, change.content, by, now);
    case 'delete':
      return deleted(message, by);
    case 'react':
      return change.op === 'add'
        ? withReaction(message, change.emoji, by.userId)
        : withoutReactions(message, by.userId, (emoji) => emoji === change.emoji);
  }
}

function edited(message: Message, content: string, { userId }: Changer, now: string): Message {
  if (message.senderId !== userId) throw new ParleyError('FORBIDDEN', 'Only its sender may edit a message.');
  mustStand(message);
  return message.content === content ? message : { ...message, content, editedAt: now };
}

function deleted(message: Message, { userId, role }: Changer): Message {
  if (message.senderId !== userId && role !== 'admin') {
    throw new ParleyError('FORBIDDEN', 'Only its sender or an admin of the group may delete a message.');
  }
  return emptied(message);
}

function erased(message: Message, userId: string): Message {
  return message.senderId === userId ? emptied(message) : withoutReactions(message, userId, () => true);
}

/** What is left keeps the sequence dense, and says that something was there. */
function emptied(message: Message): Message {
  if (message.deleted) return message;
  const { editedAt, reactions, ...rest } = message;
  return { ...rest, content: '', deleted: true };
}

function withReaction(message: Message, emoji: string, userId: string): Message {
  mustStand(message);
  const reactions = message.reactions ?? {};
  const users = reactions[emoji] ?? [];
  if (users.includes(userId)) return message;
  const count = Object.values(reactions).reduce((sum, one) => sum + one.length, 0);
  if (count >= limits.reactionsPerMessage) {
    throw new ParleyError('CONFLICT', `A message has at most ${limits.reactionsPerMessage} reactions.`);
  }
  if (users.length === 0 && Object.keys(reactions).length >= limits.emojiPerMessage) {
    throw new ParleyError('CONFLICT', `A message has reactions of at most ${limits.emojiPerMessage} emoji.`);
  }
  return { ...message, reactions: { ...reactions, [emoji]: [...users, userId] } };
}

function withoutReactions(message: Message, userId: string, concerns: (emoji: string) => boolean): Message {
  const { reactions = {}, ...rest } = message;
  const left = Object.entries(reactions).map(([emoji, users]): [string, string[]] => [
    emoji,
    concerns(emoji) ? users.filter((one) => one !== userId) : users,
  ]);
  if (left.every(([emoji, users]) => users.length === reactions[emoji]?.length)) return message;
  const standing = left.filter(([, users]) => users.length > 0);
  return standing.length === 0 ? rest : { ...rest, reactions: Object.fromEntries(standing) };
}

function mustStand(message: Message): void {
  if (message.deleted) throw new ParleyError('CONFLICT', 'This message was deleted.');
}
