import middy from '@middy/core';
import type { APIGatewayProxyResultV2 } from 'aws-lambda';
import { observed } from '../middleware/observed.ts';
import { callerOf, type WebSocketEvent } from '../middleware/websocket-handler.ts';
import { announcePresence, connectionRegistry, subscriptions } from '../runtime.ts';

const connections = connectionRegistry();
const groups = subscriptions();
const announcements = announcePresence();

export const handler = middy<WebSocketEvent, APIGatewayProxyResultV2>()
  .use(
    observed(({ requestContext }: WebSocketEvent) => ({
      route: requestContext.routeKey,
      requestId: requestContext.requestId,
      connectionId: requestContext.connectionId,
      userId: requestContext.authorizer.userId,
    })),
  )
  .handler(async (event) => {
    const caller = callerOf(event);
    await connections.remove(caller, Date.now());
    const told = announcements.went(caller.userId);
    await groups.close(caller).finally(() => told);
    return { statusCode: 200 };
  });
