import { HeartbeatFrame, MarkReadFrame } from '../../shared/protocol/frames.ts';
import { action, webSocketHandler } from '../middleware/websocket-handler.ts';
import { inbox, presence, rateLimiter, readMarkers, subscriptions } from '../runtime.ts';

const markers = readMarkers();
const connections = presence();
const groups = subscriptions();
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
    const [latestActivityAt, isNew] = await Promise.all([
      conversations.latestActivityAt(caller.userId),
      connections.seen({ ...caller, lastSeenAt: now }),
    ]);
    if (isNew) await groups.open(caller);
    return {
      type: 'heartbeat',
      serverTime: new Date(now).toISOString(),
      latestActivityAt,
    };
  }),
});
