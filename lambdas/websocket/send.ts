import {
  DeleteMessageFrame,
  EditMessageFrame,
  ReactFrame,
  SendMessageFrame,
} from '../../shared/protocol/frames.ts';
import { action, webSocketHandler } from '../middleware/websocket-handler.ts';
import { acceptChange, acceptMessage } from '../runtime.ts';

const messages = acceptMessage();
const changes = acceptChange();

export const handler = webSocketHandler({
  sendMessage: action(
    SendMessageFrame,
    async ({ action, messageId, conversationId, ...frame }, { userId }) => {
      const { acceptedAt } = await messages.accept(userId, { messageId, conversationId, ...frame });
      return { type: 'ack', action, messageId, conversationId, acceptedAt };
    },
  ),

  editMessage: action(EditMessageFrame, async ({ action, conversationId, seq, content }, { userId }) => {
    const change = { type: 'edit', content } as const;
    const { acceptedAt } = await changes.accept(userId, { conversationId, seq }, change);
    return { type: 'ack', action, conversationId, seq, acceptedAt };
  }),

  deleteMessage: action(DeleteMessageFrame, async ({ action, conversationId, seq }, { userId }) => {
    const { acceptedAt } = await changes.accept(userId, { conversationId, seq }, { type: 'delete' });
    return { type: 'ack', action, conversationId, seq, acceptedAt };
  }),

  react: action(ReactFrame, async ({ action, conversationId, seq, emoji, op }, { userId }) => {
    const change = { type: 'react', emoji, op } as const;
    const { acceptedAt } = await changes.accept(userId, { conversationId, seq }, change);
    return { type: 'ack', action, conversationId, seq, acceptedAt };
  }),
});
