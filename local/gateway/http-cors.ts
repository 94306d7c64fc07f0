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
  const headers = originHeaders(cors, request);
  if (Object.keys(headers).length > 0) {
    if (cors.allowMethods.length > 0) headers['access-control-allow-methods'] = cors.allowMethods.join(',');
    if (cors.allowHeaders.length > 0) headers['access-control-allow-headers'] = cors.allowHeaders.join(',');
    if (cors.maxAgeSeconds !== undefined) headers['access-control-max-age'] = String(cors.maxAgeSeconds);
  }
  return { status: 204, headers, cookies: [], body: Buffer.alloc(0) };
}

/**
 * Adds the configured headers to an answer and drops those of the integration: "API Gateway ignores CORS headers
 * returned from your backend integration."
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function withCors(answer: HttpAnswer, cors: CorsConfiguration, request: IncomingMessage): HttpAnswer {
  const own = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
  return { ...answer, headers: { ...Object.fromEntries(own), ...originHeaders(cors, request) } };
}

/** "To return CORS headers, your request must contain an origin header." */
function originHeaders(cors: CorsConfiguration, request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers;
  if (origin === undefined) return {};
  const any = cors.allowOrigins.includes('*');
  if (!any && !cors.allowOrigins.some((allowed) => globMatches(allowed.toLowerCase(), origin.toLowerCase())))
    return {};
  return {
    'access-control-allow-origin': any ? '*' : origin,
    ...(any ? {} : { vary: 'origin' }),
    ...(cors.allowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(cors.exposeHeaders.length > 0
      ? { 'access-control-expose-headers': cors.exposeHeaders.join(',') }
      : {}),
  };
}
