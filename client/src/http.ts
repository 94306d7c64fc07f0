import type { Clock } from './clock.ts';
import { answerWithinMs, isErrorCode } from './codes.ts';
import { asParleyError, ParleyError } from './errors.ts';
import type { ErrorCode } from './protocol.ts';

/** What the client needs of `fetch`. */
export type Fetch = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    body?: string;
    signal: AbortSignal;
    keepalive?: boolean;
  },
) => Promise<{
  status: number;
  headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type HttpCall = {
  method: HttpMethod;
  /** Below `/v1`, such as `/users/me`. */
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: object | undefined;
  /** Goes on when the page is left. */
  keepalive?: boolean;
};

/** `https://host/v1`, whether or not `url` ends so already. */
export function httpBase(url: string): string {
  return `${url.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`;
}

/** One request and its answer. Throws {@link ParleyError} for all else. */
export async function callOnce(
  { base, fetch, clock }: { base: string; fetch: Fetch; clock: Clock },
  { method, path, query = {}, body, keepalive }: HttpCall,
  token?: string,
): Promise<unknown> {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  const url = base + path + (given.length > 0 ? `?${given.join('&')}` : '');
  const abort = new AbortController();
  const timer = clock.setTimeout(() => abort.abort(), answerWithinMs);
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: abort.signal,
      ...(keepalive && { keepalive }),
    });
    const text = await response.text();
    if (response.status >= 200 && response.status < 300) return text === '' ? undefined : JSON.parse(text);
    throw problem(response.status, text, response.headers.get('retry-after'));
  } catch (error) {
    // A network that fails, or answers with its own sign-in page.
    throw asParleyError(error);
  } finally {
    clock.clearTimeout(timer);
  }
}

type Problem = { code?: unknown; detail?: unknown; message?: unknown; requestId?: unknown };

function problem(status: number, text: string, retryAfter: string | null): ParleyError {
  const { code, detail, message, requestId } = parse(text);
  const seconds = Number(retryAfter ?? Number.NaN);
  return new ParleyError(
    isErrorCode(code) ? code : codeOf(status),
    typeof detail === 'string' ? detail : `${status}${typeof message === 'string' ? ` ${message}` : ''}`,
    {
      ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }),
      ...(typeof requestId === 'string' && { requestId }),
    },
  );
}

function parse(text: string): Problem {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {}; // A gateway or proxy on the way wrote it; the status is all there is.
  }
}

/** For answers that are not Parley's own, such as API Gateway's when it is over its limits. */
function codeOf(status: number): ErrorCode {
  const codes: Record<number, ErrorCode> = {
    400: 'BAD_REQUEST',
    401: 'UNAUTHENTICATED',
    403: 'FORBIDDEN',
    404: 'NOT_FOUND',
    413: 'PAYLOAD_TOO_LARGE',
  };
  return codes[status] ?? 'UNAVAILABLE';
}
