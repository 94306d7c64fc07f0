import type { Problem } from './problem.ts';
import type { Secrets } from './secrets.ts';

export type Answer<Body> = { status: number; headers: Headers; body: Body };
export type Query = Record<string, string | number> | URLSearchParams | string;

/** The HTTP API as one caller, or as nobody. Answers of every status are returned, never thrown. */
export class ApiClient {
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #secrets: Secrets;

  constructor(url: string, secrets: Secrets, token?: string) {
    this.#url = url;
    this.#secrets = secrets;
    this.#token = token;
  }

  get<Body = Problem>(path: string, query: Query = ''): Promise<Answer<Body>> {
    const search = query instanceof URLSearchParams ? query : new URLSearchParams(textValues(query));
    return this.call('GET', search.size > 0 ? `${path}?${search}` : path);
  }

  post<Body = Problem>(path: string, body?: unknown): Promise<Answer<Body>> {
    return this.call('POST', path, body);
  }

  put<Body = Problem>(path: string, body?: unknown): Promise<Answer<Body>> {
    return this.call('PUT', path, body);
  }

  patch<Body = Problem>(path: string, body?: unknown): Promise<Answer<Body>> {
    return this.call('PATCH', path, body);
  }

  delete<Body = Problem>(path: string, body?: unknown): Promise<Answer<Body>> {
    return this.call('DELETE', path, body);
  }

  call<Body = Problem>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
    return this.raw(method, path, body === undefined ? undefined : JSON.stringify(body));
  }

  /** Sends `body` as it is, JSON or not. `Body` is what the caller's assertions hold the answer to. */
  async raw<Body = Problem>(
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    if (typeof body === 'string') this.#secrets.noteRequest(body);
    const response = await fetch(`${this.#url}/v1${path}`, {
      method,
      headers: {
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    this.#secrets.noteAnswer(text);
    // A test states the type that it goes on to assert.
    const parsed = (text === '' ? undefined : JSON.parse(text)) as Body;
    return { status: response.status, headers: response.headers, body: parsed };
  }
}

function textValues(query: Record<string, string | number> | string): Record<string, string> | string {
  if (typeof query === 'string') return query;
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
}
