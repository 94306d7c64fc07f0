import middy from '@middy/core';
import type { APIGatewayProxyResultV2 } from 'aws-lambda';
import { offersSubprotocol, subprotocol } from '../middleware/handshake.ts';
import { invocationLog } from '../middleware/invocation-log.ts';
import { callerOf, type WebSocketEvent } from '../middleware/websocket-handler.ts';
import { presence, userProfiles } from '../runtime.ts';

const connections = presence();
const users = userProfiles();

/** Of a `$connect` event, API Gateway passes the headers too. */
type ConnectEvent = WebSocketEvent & { headers?: Record<string, string> };

export const handler = middy<ConnectEvent, APIGatewayProxyResultV2>()
  .use(
    invocationLog(({ requestContext }: ConnectEvent) => ({
      route: requestContext.routeKey,
      connectionId: requestContext.connectionId,
      userId: requestContext.authorizer.userId,
    })),
  )
  .handler(async (event) => {
    const caller = callerOf(event);
    await connections.seen({ ...caller, lastSeenAt: caller.connectedAt });

    // Whoever ends all sessions closes the connections that are registered. One that registers meanwhile looks again:
    // either it was found there, or it finds here that the session has ended.
    const user = await users.user(caller.userId);
    if (String(user?.authEpoch) !== event.requestContext.authorizer.authEpoch) {
      await connections.gone(caller);
      return { statusCode: 401 };
    }
    return {
      statusCode: 200,
      ...(offersSubprotocol(event.headers) && { headers: { 'Sec-WebSocket-Protocol': subprotocol } }),
    };
  });
