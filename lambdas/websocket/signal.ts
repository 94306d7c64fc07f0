import { HeartbeatFrame, MarkReadFrame } from '../../shared/protocol/frames.ts';
import { action, webSocketHandler } from '../middleware/websocket-handler.ts';
import { inbox, presence, rateLimiter, readMarkers } from '../runtime.ts';

const markers = readMarkers();
const connections = presence();
const conversations = inbox();
const rates = rateLimiter();

export const handler = webSocketHandler({
  markRead: action(MarkReadFrame, async ({ action, conversationId, seq }, { userId }) => {
    await rates.take('actions', userId);
    const lastReadSeq = await markers.markRead(userId, conversationId, seq);
    return { type: 'ack', action, conversationId, lastReadSeq };
  }),

  heartbeat: action(HeartbeatFrame, async (_frame, caller) => {
    await rates.take('actions', caller.userId);
    const now = Date.now();
    const [[newest]] = await Promise.all([
      conversations.newest(caller.userId, 1),
      connections.seen({ ...caller, lastSeenAt: now }),
    ]);
    return {
      type: 'heartbeat',
      serverTime: new Date(now).toISOString(),
      latestActivityAt: newest?.lastActivityAt ?? null,
    };
  }),
});
