import { SyncFrame } from '../../shared/protocol/frames.ts';
import { action, webSocketHandler } from '../middleware/websocket-handler.ts';
import { frameLimits, presence, rateLimiter, subscriptions, sync } from '../runtime.ts';

const synchronizer = sync();
const connections = presence();
const groups = subscriptions();
const rates = rateLimiter();

export const handler = webSocketHandler(frameLimits(), {
  sync: action(SyncFrame, async ({ conversations, limit }, caller) => {
    await rates.take('actions', caller.userId);
    // Registered before anything is read: what is stored after the reading is pushed to this connection.
    await connections.seen({ ...caller, lastSeenAt: Date.now() }, () => groups.mend(caller));
    return { type: 'sync', conversations: await synchronizer.sync(caller.userId, { conversations, limit }) };
  }),
});
