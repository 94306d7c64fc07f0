import { HeartbeatFrame, MarkReadFrame, PresenceFrame, TypingFrame } from '../../shared/protocol/frames.ts';
import { action, webSocketHandler } from '../middleware/websocket-handler.ts';
import {
  acquaintances,
  frameLimits,
  inbox,
  onlineStatuses,
  presence,
  rateLimiter,
  readMarkers,
  subscriptions,
  typing,
} from '../runtime.ts';

const markers = readMarkers();
const writers = typing();
const connections = presence();
const groups = subscriptions();
const conversations = inbox();
const people = acquaintances();
const statuses = onlineStatuses();
const rates = rateLimiter();

export const handler = webSocketHandler(frameLimits(), {
  markRead: action(MarkReadFrame, async ({ action, conversationId, seq }, { userId }) => {
    await rates.take('actions', userId);
    const lastReadSeq = await markers.markRead(userId, conversationId, seq);
    return { type: 'ack', action, conversationId, lastReadSeq };
  }),

  typing: action(TypingFrame, async ({ conversationId, state }, { userId }) => {
    await rates.take('actions', userId);
    await writers.tell(userId, conversationId, state);
    return undefined;
  }),

  presence: action(PresenceFrame, async ({ userIds, conversationIds }, { userId }) => {
    await rates.take('actions', userId);
    const known = await people.among(userId, userIds, conversationIds);
    return { type: 'presence', users: await statuses.of(known) };
  }),

  heartbeat: action(HeartbeatFrame, async (_frame, caller) => {
    await rates.take('actions', caller.userId);
    const now = Date.now();
    const [latestActivityAt, { isNew }] = await Promise.all([
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
