import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LambdaInvoker } from '../lambda/lambda-pool.ts';
import { isRecord } from '../template/template.ts';
import { readAuthorizerAnswer, stringContext } from './authorizer-answer.ts';
import { callFunction } from './function-call.ts';
import { policyAllows } from './iam-policy.ts';
import { identityValues } from './identity-sources.ts';
import type { WebSocketRoute } from './model.ts';
import {
  authorizerEvent,
  type ConnectionFacts,
  connectEvent,
  type HandshakeParts,
  handshakeParts,
  methodArn,
} from './websocket-events.ts';

/** Authorizers have no setting for it; this is what Lambda integrations of the API have at most. */
const authorizerMilliseconds = 29_000;

/** As where clients connect faster than the quota allows. */
const tooManyRequests = 429;

export type HandshakeDecision =
  | { accepted: true; authorizer: Record<string, string> | undefined; subprotocol: string | undefined }
  | { accepted: false; status: number; cause: string };

/** Runs the authorizer and the $connect route of a handshake, before anything is upgraded. */
export async function decideHandshake(
  invoker: LambdaInvoker,
  route: WebSocketRoute | undefined,
  request: IncomingMessage,
  facts: ConnectionFacts,
): Promise<HandshakeDecision> {
  // "Setting up an integration for $connect is optional."
  if (route === undefined) return { accepted: true, authorizer: undefined, subprotocol: undefined };
  const parts = handshakeParts(request);
  const authorized = await authorize(invoker, route, request, facts, parts);
  if (!authorized.accepted) return authorized;
  const event = connectEvent({ ...facts, authorizer: authorized.authorizer }, parts);
  const { integration } = route;
  const result = await callFunction(
    invoker,
    integration,
    event,
    integration.timeoutMilliseconds,
    'connecting',
  );
  if ('failure' in result) {
    const { kind, cause } = result.failure;
    // A function that fails is a bad gateway's answer, as with REST APIs; what API Gateway cannot call is its own error.
    const status = { permission: 500, timeout: 504, function: 502, throttled: tooManyRequests }[kind];
    return { accepted: false, status, cause };
  }
  const answer = result.payload;
  const status = isRecord(answer) ? Number(answer['statusCode']) : Number.NaN;
  if (!isRecord(answer) || !Number.isInteger(status)) {
    return {
      accepted: false,
      status: 502,
      cause: 'malformed answer of the $connect function: no statusCode',
    };
  }
  if (status < 200 || status > 299) return { accepted: false, status, cause: `$connect answered ${status}` };
  return { ...authorized, subprotocol: subprotocolOf(answer['headers']) };
}

async function authorize(
  invoker: LambdaInvoker,
  route: WebSocketRoute,
  request: IncomingMessage,
  facts: ConnectionFacts,
  parts: HandshakeParts,
): Promise<HandshakeDecision> {
  const { authorizer } = route;
  const anyone: HandshakeDecision = { accepted: true, authorizer: undefined, subprotocol: undefined };
  if (authorizer === undefined) return anyone;
  const identity = identityValues(authorizer.identitySources, {
    request,
    query: new URLSearchParams(parts.queryStringParameters),
    context: {
      routeKey: '$connect',
      stage: facts.api.stage,
      apiId: facts.api.apiId,
      connectionId: facts.connectionId,
      'identity.sourceIp': facts.sourceIp,
      'identity.userAgent': facts.userAgent ?? '',
    },
    stageVariables: facts.api.stageVariables ?? {},
  });
  const refuse = (status: number, cause: string): HandshakeDecision => ({ accepted: false, status, cause });
  if (identity === undefined) return refuse(401, 'the request lacks an identity source of the authorizer');
  const event = authorizerEvent(facts, parts);
  const answer = readAuthorizerAnswer(
    await callFunction(invoker, authorizer, event, authorizerMilliseconds, 'connecting'),
    false,
  );
  if (answer.kind === 'unauthorized') return refuse(401, answer.cause);
  if (answer.kind === 'throttled') return refuse(tooManyRequests, answer.cause);
  if (answer.kind !== 'policy') return refuse(500, answer.kind === 'error' ? answer.cause : 'no policy');
  const allowed = policyAllows(answer.policyDocument, methodArn(facts, '$connect'));
  const context = stringContext(answer.context);
  if (allowed === undefined)
    return refuse(500, 'the authorizer returned a policy that is not valid or has conditions');
  if (context === undefined)
    return refuse(500, 'the authorizer returned a context of other than simple values');
  if (!allowed) return refuse(403, `the policy does not allow ${methodArn(facts, '$connect')}`);
  return { ...anyone, authorizer: { ...context, principalId: answer.principalId } };
}

function subprotocolOf(headers: unknown): string | undefined {
  if (!isRecord(headers)) return undefined;
  const name = Object.keys(headers).find((key) => key.toLowerCase() === 'sec-websocket-protocol');
  const value = name === undefined ? undefined : headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const messages: Record<number, string> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'Too Many Requests',
  504: 'Endpoint request timed out',
};

/** Answers a handshake in HTTP instead of upgrading it. */
export function refuseHandshake(
  stream: Duplex,
  status: number,
  ids: { connectionId?: string; requestId?: string },
): void {
  const message = messages[status] ?? (status >= 500 ? 'Internal server error' : STATUS_CODES[status]);
  const body = JSON.stringify({ message, ...ids });
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n` +
      'Connection: close\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
