import type { LambdaInvoker } from '../lambda/lambda-pool.ts';
import { type AuthorizerAnswer, readAuthorizerAnswer } from './authorizer-answer.ts';
import { callFunction } from './function-call.ts';
import { authorizerEvent, authorizerEventV1, type HttpRequestFacts, routeArn } from './http-events.ts';
import { policyAllows } from './iam-policy.ts';
import { identityValues } from './identity-sources.ts';
import type { HttpAuthorizer } from './model.ts';
import { sourceAddress } from './request-identity.ts';

export type Authorization =
  | { allowed: true; context: Record<string, unknown> }
  | { allowed: false; status: 401 | 403 | 500 | 503; cause: string };

/** "API Gateway's timeout for a Lambda authorizer" of HTTP APIs: http-api-quotas.html, authorizer timeout 10 seconds. */
const authorizerMilliseconds = 10_000;

/** Asks the Lambda authorizers of one HTTP API, and remembers their answers by identity source for their TTL. */
export class HttpAuthorizers {
  readonly #invoker: LambdaInvoker;
  readonly #now: () => number;
  readonly #answers = new Map<string, { answer: AuthorizerAnswer; until: number }>();

  constructor(invoker: LambdaInvoker, now: () => number) {
    this.#invoker = invoker;
    this.#now = now;
  }

  async authorize(authorizer: HttpAuthorizer, facts: HttpRequestFacts): Promise<Authorization> {
    const { api, request } = facts;
    const identity = identityValues(authorizer.identitySources, {
      request,
      query: new URLSearchParams(facts.rawQueryString),
      stageVariables: api.stageVariables ?? {},
      context: {
        routeKey: facts.routeKey,
        path: facts.path,
        httpMethod: request.method ?? 'GET',
        stage: api.stage,
        apiId: api.apiId,
        'identity.sourceIp': sourceAddress(request),
        'identity.userAgent': request.headers['user-agent'] ?? '',
      },
    });
    if (identity === undefined)
      return { allowed: false, status: 401, cause: 'an identity source is missing' };
    return this.#decide(await this.#answer(authorizer, facts, identity), facts);
  }

  async #answer(
    authorizer: HttpAuthorizer,
    facts: HttpRequestFacts,
    identity: string[],
  ): Promise<AuthorizerAnswer> {
    // "To enable caching, your authorizer must have at least one identity source."
    const caches = authorizer.resultTtlSeconds > 0 && identity.length > 0;
    const key = JSON.stringify([authorizer.id, ...identity]);
    const kept = caches ? this.#answers.get(key) : undefined;
    if (kept !== undefined && kept.until > this.#now()) return kept.answer;
    const event = (authorizer.payloadFormat === '2.0' ? authorizerEvent : authorizerEventV1)(facts, identity);
    const result = await callFunction(this.#invoker, authorizer, event, authorizerMilliseconds);
    const answer = readAuthorizerAnswer(result, authorizer.simpleResponses);
    if (caches && (answer.kind === 'simple' || answer.kind === 'policy')) {
      this.#forgetExpired();
      this.#answers.set(key, { answer, until: this.#now() + authorizer.resultTtlSeconds * 1000 });
    }
    return answer;
  }

  /** A remembered policy is held against each route anew, so it must name every route it is to allow. */
  #decide(answer: AuthorizerAnswer, facts: HttpRequestFacts): Authorization {
    if (answer.kind === 'unauthorized') return { allowed: false, status: 401, cause: answer.cause };
    if (answer.kind === 'throttled') return { allowed: false, status: 503, cause: answer.cause };
    if (answer.kind === 'error') return { allowed: false, status: 500, cause: answer.cause };
    const arn = routeArn(facts);
    const allowed = answer.kind === 'simple' ? answer.isAuthorized : policyAllows(answer.policyDocument, arn);
    if (allowed === undefined) {
      return {
        allowed: false,
        status: 500,
        cause: 'the authorizer returned a policy that is not valid or has conditions',
      };
    }
    if (!allowed) return { allowed: false, status: 403, cause: `the authorizer does not allow ${arn}` };
    return { allowed: true, context: answer.context };
  }

  #forgetExpired(): void {
    if (this.#answers.size < 1000) return;
    for (const [key, { until }] of this.#answers) if (until <= this.#now()) this.#answers.delete(key);
  }
}
