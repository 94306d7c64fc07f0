import type { MessageChange } from '../../shared/domain/accepted-change.ts';
import {
  DeleteMessageFrame,
  EditMessageFrame,
  ReactFrame,
  SendMessageFrame,
} from '../../shared/protocol/frames.ts';
import { mentionIds } from '../middleware/named-ids.ts';
import { action, type Caller, webSocketHandler } from '../middleware/websocket-handler.ts';
import { acceptChange, acceptMessage, frameLimits, socketRows } from '../runtime.ts';

const messages = acceptMessage(socketRows());
const changes = acceptChange(socketRows());

export const handler = webSocketHandler(frameLimits(), {
  sendMessage: action(SendMessageFrame, async ({ action, messageId, conversationId, ...frame }, caller) => {
    const { acceptedAt } = await messages.accept(caller, { messageId, conversationId, ...frame });
    return { type: 'ack', action, messageId, conversationId, acceptedAt };
  }),

  editMessage: action(EditMessageFrame, ({ action, conversationId, seq, content }, caller) =>
    accepted(action, caller, { conversationId, seq }, { type: 'edit', content }),
  ),
  deleteMessage: action(DeleteMessageFrame, ({ action, conversationId, seq }, caller) =>
    accepted(action, caller, { conversationId, seq }, { type: 'delete' }),
  ),
  react: action(ReactFrame, ({ action, conversationId, seq, emoji, op }, caller) =>
    accepted(action, caller, { conversationId, seq }, { type: 'react', emoji, op }),
  ),
});

async function accepted(
  action: string,
  caller: Caller,
  place: { conversationId: string; seq: number },
  change: MessageChange,
) {
  const { messageId, acceptedAt } = await changes.accept(caller, place, change);
  mentionIds({ messageId });
  return { type: 'ack', action, ...place, acceptedAt };
}
