import type { IncomingMessage } from 'node:http';
import type { HttpAnswer } from './http-answers.ts';
import { globMatches } from './iam-policy.ts';
import type { CorsConfiguration } from './model.ts';

/** A preflight has an origin and names a method; any other OPTIONS request is the routes' to answer. */
export function isPreflight(request: IncomingMessage): boolean {
  return (
    request.method === 'OPTIONS' &&
    request.headers.origin !== undefined &&
    request.headers['access-control-request-method'] !== undefined
  );
}

/** "API Gateway automatically sends a response to preflight OPTIONS requests, even if there isn't an OPTIONS route." */
export function preflightAnswer(cors: CorsConfiguration, request: IncomingMessage): HttpAnswer {
  const headers: Record<string, string> = {};
  if (allowsOrigin(cors, request.headers.origin)) {
    if (cors.allowMethods.length > 0) headers['access-control-allow-methods'] = cors.allowMethods.join(',');
    if (cors.allowHeaders.length > 0) headers['access-control-allow-headers'] = cors.allowHeaders.join(',');
    if (cors.maxAgeSeconds !== undefined) headers['access-control-max-age'] = String(cors.maxAgeSeconds);
  }
  return { status: 204, headers, cookies: [], body: Buffer.alloc(0) };
}

/**
 * "If you configure CORS for an API, API Gateway ignores CORS headers returned from your backend integration."
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function withoutCorsHeaders(answer: HttpAnswer): HttpAnswer {
  const kept = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
  return { ...answer, headers: Object.fromEntries(kept) };
}

/** "To return CORS headers, your request must contain an origin header." */
export function withCorsHeaders(
  answer: HttpAnswer,
  cors: CorsConfiguration,
  request: IncomingMessage,
): HttpAnswer {
  const { origin } = request.headers;
  if (origin === undefined || !allowsOrigin(cors, origin)) return answer;
  const any = cors.allowOrigins.includes('*');
  return {
    ...answer,
    headers: {
      ...answer.headers,
      'access-control-allow-origin': any ? '*' : origin,
      ...(any ? {} : { vary: 'origin' }),
      ...(cors.allowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
      ...(cors.exposeHeaders.length > 0
        ? { 'access-control-expose-headers': cors.exposeHeaders.join(',') }
        : {}),
    },
  };
}

/** An allowed origin may have wildcards, such as `https://*`. */
export function allowsOrigin(cors: CorsConfiguration, origin: string | undefined): boolean {
  if (origin === undefined) return false;
  return cors.allowOrigins.some((allowed) => globMatches(allowed.toLowerCase(), origin.toLowerCase()));
}
