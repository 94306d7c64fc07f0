import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LambdaInvoker } from '../lambda/lambda-pool.ts';
import { callFunction } from './function-call.ts';
import {
  gatewayAnswer,
  type HttpAnswer,
  internalServerError,
  readFunctionAnswer,
  serviceUnavailable,
  writeAnswer,
} from './http-answers.ts';
import { HttpAuthorizers } from './http-authorizer.ts';
import { isPreflight, preflightAnswer, withCorsHeaders, withoutCorsHeaders } from './http-cors.ts';
import { type HttpRequestFacts, newRequestId, proxyEvent } from './http-events.ts';
import { type RouteMatch, type RouteTable, routeTable } from './http-routes.ts';
import type { GatewayLimits } from './limits.ts';
import type { CorsConfiguration, HttpApi, HttpRoute } from './model.ts';
import { TokenBucket } from './token-bucket.ts';
import type { GatewayFailure } from './websocket-gateway.ts';

export type HttpGatewayOptions = {
  api: HttpApi;
  invoker: LambdaInvoker;
  region: string;
  accountId: string;
  limits: GatewayLimits;
  now: () => number;
  onFailure: (failure: GatewayFailure) => void;
};

const authorizationMessages = {
  401: 'Unauthorized',
  403: 'Forbidden',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** One HTTP API with Lambda proxy integrations of payload format 2.0. */
export class HttpGateway {
  requests = 0;
  readonly #options: HttpGatewayOptions;
  readonly #match: RouteTable;
  readonly #authorizers: HttpAuthorizers;
  readonly #buckets: (route: HttpRoute) => TokenBucket | undefined;

  constructor(options: HttpGatewayOptions) {
    this.#options = options;
    this.#match = routeTable(options.api.routes);
    this.#authorizers = new HttpAuthorizers(options.invoker, options.now);
    this.#buckets = bucketsOf(options.api, options.now);
  }

  get cors(): CorsConfiguration | undefined {
    return this.#options.api.cors;
  }

  /** Whether the first segment of the path is this API's stage; `$default` takes every path. */
  serves(pathname: string): boolean {
    const { stage } = this.#options.api;
    return stage === '$default' || pathname === `/${stage}` || pathname.startsWith(`/${stage}/`);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const requestId = newRequestId();
    const answer = await this.#answer(request, requestId);
    if (answer === undefined) return;
    const { cors } = this.#options.api;
    writeAnswer(response, cors === undefined ? answer : withCorsHeaders(answer, cors, request), requestId);
    // A body that was not wanted is read and dropped, so that the connection can be used again.
    if (!request.complete) request.resume();
  }

  /** Undefined where the client has gone before it was answered. */
  async #answer(request: IncomingMessage, requestId: string): Promise<HttpAnswer | undefined> {
    const [rawPath = '/', ...query] = (request.url ?? '/').split('?');
    const path = decodePath(rawPath);
    if (path === undefined) return gatewayAnswer(400, 'Bad Request');
    const match = this.#match(request.method ?? 'GET', this.#withinStage(path));
    const { cors } = this.#options.api;
    const preflight = cors !== undefined && isPreflight(request);
    if (match === undefined) {
      return preflight ? preflightAnswer(cors, request) : gatewayAnswer(404, 'Not Found');
    }
    // It is API Gateway that answers a preflight, without a route.
    if (!preflight && this.#buckets(match.route)?.take() === false) {
      return gatewayAnswer(429, 'Too Many Requests');
    }
    const body = await this.#readBody(request);
    if (body === 'gone') return undefined;
    if (body === 'too large') return gatewayAnswer(413, 'Request Entity Too Large');
    const facts = this.#facts(request, requestId, match, path, query.join('?'), body);
    const { authorizer, integration } = match.route;
    let context: Record<string, unknown> | undefined;
    if (authorizer !== undefined) {
      const decision = await this.#authorizers.authorize(authorizer, facts);
      if (!decision.allowed) {
        this.#fail(facts, decision.cause);
        return gatewayAnswer(decision.status, authorizationMessages[decision.status]);
      }
      context = decision.context;
    }
    // A route's authorizer is asked first: "The $default route catches requests for all methods …, including OPTIONS."
    if (preflight) return preflightAnswer(cors, request);
    const event = proxyEvent(facts, context);
    const result = await callFunction(
      this.#options.invoker,
      integration,
      event,
      integration.timeoutMilliseconds,
    );
    if ('failure' in result) {
      this.#fail(facts, result.failure.cause);
      const { kind } = result.failure;
      return kind === 'timeout' || kind === 'throttled' ? serviceUnavailable : internalServerError;
    }
    const answer = readFunctionAnswer(result.payload);
    if (answer === undefined) {
      this.#fail(facts, `malformed answer of ${integration.functionName}`);
      return internalServerError;
    }
    return cors === undefined ? answer : withoutCorsHeaders(answer);
  }

  #facts(
    request: IncomingMessage,
    requestId: string,
    match: RouteMatch,
    path: string,
    rawQueryString: string,
    body: Buffer,
  ): HttpRequestFacts {
    const { api, region, accountId, now } = this.#options;
    const { route, pathParameters } = match;
    const { routeKey } = route;
    return {
      api,
      request,
      routeKey,
      path,
      rawQueryString,
      pathParameters,
      body,
      requestId,
      time: now(),
      region,
      accountId,
    };
  }

  /** The event's path has the stage in it, as on AWS; route keys have not. */
  #withinStage(path: string): string {
    const { stage } = this.#options.api;
    return stage === '$default' ? path : path.slice(`/${stage}`.length) || '/';
  }

  async #readBody(request: IncomingMessage): Promise<Buffer | 'too large' | 'gone'> {
    const { httpBodyBytes } = this.#options.limits;
    if (Number(request.headers['content-length'] ?? 0) > httpBodyBytes) return 'too large';
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of request.iterator({ destroyOnReturn: false })) {
        length += chunk.length;
        if (length > httpBodyBytes) return 'too large';
        chunks.push(chunk);
      }
    } catch {
      return 'gone'; // The client broke off in the middle of its body: there is nobody to answer.
    }
    return Buffer.concat(chunks);
  }

  #fail(facts: HttpRequestFacts, cause: string): void {
    const { requestId, routeKey } = facts;
    this.#options.onFailure({ apiId: this.#options.api.apiId, route: routeKey, requestId, cause });
  }
}

function bucketsOf(api: HttpApi, now: () => number): (route: HttpRoute) => TokenBucket | undefined {
  const ofStage = api.throttle && new TokenBucket(api.throttle, now);
  const ofRoutes = new Map(
    api.routes.flatMap((route) =>
      route.throttle === undefined ? [] : [[route, new TokenBucket(route.throttle, now)] as const],
    ),
  );
  return (route) => ofRoutes.get(route) ?? ofStage;
}

/** HTTP APIs route by the decoded path, and give it decoded to the function. */
function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
