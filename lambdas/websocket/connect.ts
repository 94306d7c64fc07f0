import middy from '@middy/core';
import type { APIGatewayProxyResultV2 } from 'aws-lambda';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { offersSubprotocol, subprotocol } from '../middleware/handshake.ts';
import { observed } from '../middleware/observed.ts';
import { callerOf, type WebSocketEvent } from '../middleware/websocket-handler.ts';
import { announcePresence, arrival, rateLimiter, subscriptions } from '../runtime.ts';

const arrivals = arrival();
const groups = subscriptions();
const announcements = announcePresence();
const rates = rateLimiter();

/** Of a `$connect` event, API Gateway passes the headers too. */
type ConnectEvent = WebSocketEvent & { headers?: Record<string, string> };

export const handler = middy<ConnectEvent, APIGatewayProxyResultV2>()
  .use({
    // Of the errors that a client can do something about, the status is that of the handshake, which then fails
    // (docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html): the session ended
    // meanwhile, or the user opens too many sockets.
    onError: ({ error }) => {
      if (!(error instanceof ParleyError)) return;
      if (error.code === 'UNAUTHENTICATED') return { statusCode: 401 };
      if (error.code === 'RATE_LIMITED') return { statusCode: 429 };
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
    // Not at the same time: a socket that is registered, and then refused, would have hidden from others who came or went.
    await rates.take('connections', caller.userId);
    let told: Promise<void> | undefined;
    try {
      await arrivals.opens({ ...caller, lastSeenAt: caller.connectedAt }, async ({ isOnly }) => {
        told = isOnly ? announcements.came(caller.userId) : undefined;
        await groups.open(caller).finally(() => told);
      });
    } catch (error) {
      // Of a handshake that is refused there is no `$disconnect`, which would tell.
      if (told !== undefined) await announcements.went(caller.userId);
      throw error;
    }
    return {
      statusCode: 200,
      ...(offersSubprotocol(event.headers) && { headers: { 'Sec-WebSocket-Protocol': subprotocol } }),
    };
  });
