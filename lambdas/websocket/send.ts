import { SendMessageFrame } from '../../shared/protocol/frames.ts';
import { action, webSocketHandler } from '../middleware/websocket-handler.ts';
import { acceptMessage } from '../runtime.ts';

const messages = acceptMessage();

export const handler = webSocketHandler({
  sendMessage: action(
    SendMessageFrame,
    async ({ action, messageId, conversationId, ...frame }, { userId }) => {
      const { acceptedAt } = await messages.accept(userId, { messageId, conversationId, ...frame });
      return { type: 'ack', action, messageId, conversationId, acceptedAt };
    },
  ),
});
