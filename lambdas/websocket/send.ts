import type { MessageChange } from '../../shared/domain/accepted-change.ts';
import {
  DeleteMessageFrame,
  EditMessageFrame,
  ReactFrame,
  SendMessageFrame,
} from '../../shared/protocol/frames.ts';
import { mentionIds } from '../middleware/named-ids.ts';
import { action, webSocketHandler } from '../middleware/websocket-handler.ts';
import { acceptChange, acceptMessage, frameLimits } from '../runtime.ts';

const messages = acceptMessage();
const changes = acceptChange();

export const handler = webSocketHandler(frameLimits(), {
  sendMessage: action(
    SendMessageFrame,
    async ({ action, messageId, conversationId, ...frame }, { userId }) => {
      const { acceptedAt } = await messages.accept(userId, { messageId, conversationId, ...frame });
      return { type: 'ack', action, messageId, conversationId, acceptedAt };
    },
  ),

  editMessage: action(EditMessageFrame, ({ action, conversationId, seq, content }, { userId }) =>
    accepted(action, userId, { conversationId, seq }, { type: 'edit', content }),
  ),
  deleteMessage: action(DeleteMessageFrame, ({ action, conversationId, seq }, { userId }) =>
    accepted(action, userId, { conversationId, seq }, { type: 'delete' }),
  ),
  react: action(ReactFrame, ({ action, conversationId, seq, emoji, op }, { userId }) =>
    accepted(action, userId, { conversationId, seq }, { type: 'react', emoji, op }),
  ),
});

async function accepted(
  action: string,
  userId: string,
  place: { conversationId: string; seq: number },
  change: MessageChange,
) {
  const { messageId, acceptedAt } = await changes.accept(userId, place, change);
  mentionIds({ messageId });
  return { type: 'ack', action, ...place, acceptedAt };
}
