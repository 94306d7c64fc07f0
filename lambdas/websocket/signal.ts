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
  socketRows,
  subscriptions,
  typing,
} from '../runtime.ts';

const markers = readMarkers(socketRows());
const writers = typing();
const connections = presence();
const groups = subscriptions();
const conversations = inbox();
const people = acquaintances();
const statuses = onlineStatuses();
const rates = rateLimiter();

export const handler = webSocketHandler(frameLimits(), {
  markRead: action(MarkReadFrame, async ({ action, conversationId, seq }, caller) => {
    await rates.take('actions', caller.userId);
    const lastReadSeq = await markers.markRead(caller, conversationId, seq);
    return { type: 'ack', action, conversationId, lastReadSeq };
  }),

  typing: action(TypingFrame, async ({ conversationId, state }, caller) => {
    await Promise.all([rates.take('actions', caller.userId), connections.mayAct(caller)]);
    await writers.tell(caller.userId, conversationId, state);
    return undefined;
  }),

  presence: action(PresenceFrame, async ({ userIds, conversationIds }, caller) => {
    await Promise.all([rates.take('actions', caller.userId), connections.mayAct(caller)]);
    const known = await people.among(caller.userId, userIds, conversationIds);
    return { type: 'presence', users: await statuses.of(known) };
  }),

  heartbeat: action(HeartbeatFrame, async (_frame, caller) => {
    await rates.take('actions', caller.userId);
    const now = Date.now();
    const [latestActivityAt] = await Promise.all([
      conversations.latestActivityAt(caller.userId),
      connections.seen({ ...caller, lastSeenAt: now }, async ({ isNew }) => isNew && groups.mend(caller)),
    ]);
    return {
      type: 'heartbeat',
      serverTime: new Date(now).toISOString(),
      latestActivityAt,
    };
  }),
});
