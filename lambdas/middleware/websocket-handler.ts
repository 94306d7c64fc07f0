import middy from '@middy/core';
import type {
  APIGatewayEventWebsocketRequestContextV2,
  APIGatewayProxyResultV2,
  APIGatewayProxyWebsocketEventV2WithRequestContext,
} from 'aws-lambda';
import * as v from 'valibot';
import type { ErrorEvent } from '../../shared/protocol/events.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { MessageId, RequestId } from '../../shared/protocol/values.ts';
import type { FrameLimits } from '../services/frame-limits.ts';
import { answerableError } from './answerable-error.ts';
import { mentionIds } from './named-ids.ts';
import { observed } from './observed.ts';
import { parseJson } from './parse-json.ts';

/** What the authorizer said of the connection; API Gateway hands it, as strings, to every later event of the socket. */
export type ConnectionContext = { userId: string; authEpoch: string; sessionId?: string };

export type WebSocketEvent = APIGatewayProxyWebsocketEventV2WithRequestContext<
  APIGatewayEventWebsocketRequestContextV2 & { authorizer: ConnectionContext }
>;

export type Caller = {
  userId: string;
  authEpoch: number;
  sessionId: string | undefined;
  connectionId: string;
  connectedAt: number;
};

export function callerOf({ requestContext }: WebSocketEvent): Caller {
  const { authorizer, connectionId, connectedAt } = requestContext;
  const { userId, authEpoch, sessionId } = authorizer;
  return { userId, authEpoch: Number(authEpoch), sessionId, connectionId, connectedAt };
}

type Action = (event: WebSocketEvent) => Promise<object | undefined>;

/** An action: its frame's schema, and what it does; what `run` returns is the reply, if there is one. */
export function action<Frame extends v.GenericSchema<unknown, { requestId?: string | undefined }>>(
  frame: Frame,
  run: (frame: v.InferOutput<Frame>, caller: Caller) => Promise<object | undefined>,
): Action {
  return async (event) => {
    const parsed = parseJson(event.body ?? '', frame, limits.frameBytes);
    mentionIds(parsed);
    const { requestId } = parsed as { requestId?: string }; // Every frame may carry it: see the bound on `Frame`.
    const answer = await run(parsed, callerOf(event));
    return answer && { ...answer, requestId };
  };
}

/** A Lambda handler for routes of the WebSocket API, by their route keys. The reply is the route's response. */
export function webSocketHandler(frameLimits: Pick<FrameLimits, 'failed'>, actions: Record<string, Action>) {
  return middy<WebSocketEvent, APIGatewayProxyResultV2>()
    .use({
      // What `onError` returns becomes the reply and ends the chain, which runs backwards: so this one stands first.
      onError: ({ error, event }) => reply(errorEvent(error, event)),
    })
    .use(
      observed(({ requestContext }: WebSocketEvent) => ({
        route: requestContext.routeKey,
        requestId: requestContext.requestId,
        connectionId: requestContext.connectionId,
        userId: requestContext.authorizer.userId,
      })),
    )
    .handler(async (event) => {
      const run = actions[event.requestContext.routeKey];
      if (run === undefined) throw new Error(`No code for the route ${event.requestContext.routeKey}`);
      try {
        return reply(await run(event));
      } catch (error) {
        // Before what was counted is published, which `observed` does next.
        throw await frameLimits.failed(error, callerOf(event));
      }
    });
}

function reply(body: object | undefined): APIGatewayProxyResultV2 {
  return { statusCode: 200, ...(body !== undefined && { body: JSON.stringify(body) }) };
}

/** The error, with as much of the frame's own naming as can be trusted. */
function errorEvent(cause: unknown, event: WebSocketEvent): ErrorEvent {
  const { action, requestId, messageId } = v.parse(Naming, safeJson(event.body));
  const ourId = event.requestContext.requestId;
  const { code, message, retryAfterMs } = answerableError(cause, {
    requestId: ourId,
    clientRequestId: requestId,
  });
  // A client that named its request looks for that name; any other can at least tell us which line of the log it is.
  return { type: 'error', code, message, action, requestId: requestId ?? ourId, messageId, retryAfterMs };
}

const Naming = v.fallback(
  v.object({
    action: v.fallback(v.optional(RequestId), undefined),
    requestId: v.fallback(v.optional(RequestId), undefined),
    messageId: v.fallback(v.optional(MessageId), undefined),
  }),
  {},
);

function safeJson(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? '');
  } catch {
    return undefined; // An error about a frame that cannot be read names nothing of it.
  }
}
