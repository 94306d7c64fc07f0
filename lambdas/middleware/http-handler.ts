import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as v from 'valibot';
import { errorCodes, ParleyError } from '../../shared/protocol/errors.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { mention } from '../logger.ts';
import type { Authenticate } from '../services/authenticate.ts';
import type { Peer } from '../services/client-address.ts';
import type { SignedInUser } from '../services/sessions.ts';
import { answerableError } from './answerable-error.ts';
import { bearerToken } from './bearer-token.ts';
import { mentionIds } from './named-ids.ts';
import { observed } from './observed.ts';
import { isFieldName, parse, parseJson } from './parse-json.ts';

type Event = APIGatewayProxyEventV2;
type Result = APIGatewayProxyStructuredResultV2;

export type Answer = { status: number; body?: unknown };

const Nothing = v.strictObject({});
type Nothing = typeof Nothing;

/** The schemas of what a route takes; what is left out must be empty. */
type Takes<Path, Query, Body> = { path?: Path; query?: Query; body?: Body; mayLackBody?: boolean };

/** What is done before anything of the request is read: whoever is refused here, costs no more than this. */
type AdmitPeer = { admit?: (peer: Peer) => Promise<void> };
type AdmitCaller = { admit?: (caller: SignedInUser, peer: Peer) => Promise<void> };

type Request<Path extends v.GenericSchema, Query extends v.GenericSchema, Body extends v.GenericSchema> = {
  path: v.InferOutput<Path>;
  query: v.InferOutput<Query>;
  body: v.InferOutput<Body>;
  peer: Peer;
};

type Route = (event: Event, caller: () => Promise<SignedInUser>) => Promise<Answer>;

/** A route that asks for no token. */
export function open<
  Path extends v.GenericSchema = Nothing,
  Query extends v.GenericSchema = Nothing,
  Body extends v.GenericSchema = Nothing,
>(
  takes: Takes<Path, Query, Body> & AdmitPeer,
  run: (request: Request<Path, Query, Body>) => Promise<Answer>,
): Route {
  return async (event) => {
    await takes.admit?.(peerOf(event));
    return run(read(event, takes));
  };
}

/** A route for a signed-in caller. Who is not signed in learns nothing else. */
export function signedIn<
  Path extends v.GenericSchema = Nothing,
  Query extends v.GenericSchema = Nothing,
  Body extends v.GenericSchema = Nothing,
>(
  takes: Takes<Path, Query, Body> & AdmitCaller,
  run: (caller: SignedInUser, request: Request<Path, Query, Body>) => Promise<Answer>,
): Route {
  return async (event, caller) => {
    const user = await caller();
    mention({ userId: user.userId });
    await takes.admit?.(user, peerOf(event));
    return run(user, read(event, takes));
  };
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const accepted = (body: unknown): Answer => ({ status: 202, body });
/** What was asked for goes on in the background, and there is nothing to tell of it. */
export const begun: Answer = { status: 202 };
export const noContent: Answer = { status: 204 };

/** A Lambda handler for routes of the HTTP API, by their route keys; `$default` takes what no other route does. */
export function httpHandler(routes: Record<string, Route>, authenticate?: Authenticate) {
  return middy<Event, Result>()
    .use({
      // What `onError` returns becomes the answer and ends the chain, which runs backwards: so this one stands first.
      onError: ({ error, event }) => problem(error, event.requestContext.requestId),
    })
    .use(observed((event: Event) => ({ route: event.routeKey, requestId: event.requestContext.requestId })))
    .handler(async (event): Promise<Result> => {
      const route = routes[event.routeKey];
      if (route === undefined) throw new Error(`No code for the route ${event.routeKey}`);
      const caller = async () => {
        if (authenticate === undefined) throw new Error('This function authenticates nobody');
        return authenticate.caller(bearerToken(event.headers['authorization']));
      };
      const { status, body } = await route(event, caller);
      return result(status, body, { ...(body !== undefined && { 'content-type': 'application/json' }) });
    });
}

/**
 * On every answer: it is for its caller alone, is what it says it is and nothing that a browser guesses, and this host is
 * asked over HTTPS for the next year. Over HTTP, as on localhost, browsers ignore the last (RFC 6797, section 8.1). It says
 * what the web client's files say (infra/constructs/web-response-headers.ts): of one host, the last to come counts.
 */
const headersOfAll = {
  'cache-control': 'no-store',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

function result(statusCode: number, body: unknown, headers: Record<string, string>): Result {
  return {
    statusCode,
    headers: { ...headersOfAll, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

function read<Path extends v.GenericSchema, Query extends v.GenericSchema, Body extends v.GenericSchema>(
  event: Event,
  takes: Takes<Path, Query, Body>,
): Request<Path, Query, Body> {
  const text = event.isBase64Encoded
    ? Buffer.from(event.body ?? '', 'base64').toString('utf8')
    : (event.body ?? '');
  const path = parse(event.pathParameters ?? {}, takes.path ?? Nothing);
  // The one path with an id of its own is that of a conversation: see infra/routes.ts.
  if (event.pathParameters?.['id'] !== undefined) mention({ conversationId: event.pathParameters['id'] });
  const query = parse(readQuery(event.rawQueryString), takes.query ?? Nothing);
  mentionIds(query);
  const mayBeEmpty = takes.body === undefined || takes.mayLackBody === true;
  const body = parseJson(text === '' && mayBeEmpty ? '{}' : text, takes.body ?? Nothing, limits.bodyBytes);
  mentionIds(body);
  return {
    path,
    query,
    body,
    peer: peerOf(event),
  };
}

function peerOf(event: Event): Peer {
  return {
    address: event.requestContext.http.sourceIp,
    edgeProof: event.headers['x-parley-edge'],
    viewerAddress: event.headers['x-parley-viewer-address'],
  };
}

/** From the raw string, for API Gateway joins a repeated parameter's values into one. */
function readQuery(rawQueryString: string): Record<string, string> {
  const parameters = new URLSearchParams(rawQueryString);
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of parameters) {
    if (name in query) {
      const which = isFieldName(name) ? `${name}:` : 'A parameter';
      throw new ParleyError('BAD_REQUEST', `${which} is given twice.`);
    }
    query[name] = value;
  }
  return query;
}

/** RFC 9457. */
function problem(cause: unknown, requestId: string): Result {
  const error = answerableError(cause, { requestId });
  const { status, title } = errorCodes[error.code];
  return result(
    status,
    { type: 'about:blank', title, status, detail: error.message, code: error.code, requestId },
    {
      'content-type': 'application/problem+json',
      ...(error.code === 'UNAUTHENTICATED' && { 'www-authenticate': 'Bearer' }),
      ...(error.retryAfterMs !== undefined && {
        'retry-after': String(Math.ceil(error.retryAfterMs / 1000)),
      }),
    },
  );
}
