import middy from '@middy/core';
import type { APIGatewayProxyResultV2 } from 'aws-lambda';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { offersSubprotocol, subprotocol } from '../middleware/handshake.ts';
import { observed } from '../middleware/observed.ts';
import { callerOf, type WebSocketEvent } from '../middleware/websocket-handler.ts';
import { announcePresence, presence, subscriptions } from '../runtime.ts';

const connections = presence();
const groups = subscriptions();
const announcements = announcePresence();

/** Of a `$connect` event, API Gateway passes the headers too. */
type ConnectEvent = WebSocketEvent & { headers?: Record<string, string> };

export const handler = middy<ConnectEvent, APIGatewayProxyResultV2>()
  .use({
    // The session ended during the handshake, which then fails with this status.
    onError: ({ error }) => {
      if (error instanceof ParleyError && error.code === 'UNAUTHENTICATED') return { statusCode: 401 };
    },
  })
  .use(
    observed(({ requestContext }: ConnectEvent) => ({
      route: requestContext.routeKey,
      requestId: requestContext.requestId,
      connectionId: requestContext.connectionId,
      userId: requestContext.authorizer.userId,
    })),
  )
  .handler(async (event) => {
    const caller = callerOf(event);
    const { isOnly } = await connections.seen({ ...caller, lastSeenAt: caller.connectedAt });
    const told = isOnly ? announcements.came(caller.userId) : undefined;
    await groups.open(caller).finally(() => told);
    return {
      statusCode: 200,
      ...(offersSubprotocol(event.headers) && { headers: { 'Sec-WebSocket-Protocol': subprotocol } }),
    };
  });
