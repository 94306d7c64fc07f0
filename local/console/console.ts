import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { securityHeaders } from '../../shared/web/security-headers.ts';
import { isLocalVisitor, isSameOrigin, type Visitor } from './admission.ts';
import type { Overview } from './console-api.ts';
import type { InvocationStore } from './invocation-store.ts';
import { RequestError } from './request-error.ts';
import type { TablePages } from './table-pages.ts';

const root = '/_local';
const files: Record<string, { name: string; type: string }> = {
  [`${root}/`]: { name: 'index.html', type: 'text/html; charset=utf-8' },
  [`${root}/console.js`]: { name: 'console.js', type: 'text/javascript; charset=utf-8' },
  [`${root}/console.css`]: { name: 'console.css', type: 'text/css; charset=utf-8' },
};

export type ConsoleParts = {
  overview: () => Promise<Overview>;
  invocations: InvocationStore;
  tables: TablePages;
};

/** `/_local/`: shows who works on this machine what Parley does. It reads and never changes anything. */
export class Console {
  readonly #parts: ConsoleParts;
  readonly #files = new Map<string, { body: Buffer; type: string }>();

  /** @param directory with the built page; without it there are the endpoints alone */
  constructor(parts: ConsoleParts, directory: string | undefined) {
    this.#parts = parts;
    if (directory === undefined) return;
    for (const [path, { name, type }] of Object.entries(files)) {
      if (!existsSync(join(directory, name))) throw new Error(`There is no ${name} in ${directory}`);
      this.#files.set(path, { body: readFileSync(join(directory, name)), type });
    }
  }

  /** @returns false where the path is not ours */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean {
    const [path = ''] = (request.url ?? '').split('?');
    if (path !== root && !path.startsWith(`${root}/`)) return false;
    // Begins with a path, and so is one whatever follows.
    const url = new URL(request.url ?? '', 'http://localhost');
    request.resume();
    this.#answer(request, url).then(
      (answer) => send(response, request.method, answer),
      (error: unknown) => send(response, request.method, refusal(error)),
    );
    return true;
  }

  async #answer(request: IncomingMessage, url: URL): Promise<Answer> {
    const visitor: Visitor = { remoteAddress: request.socket.remoteAddress, headers: request.headers };
    if (!isLocalVisitor(visitor)) {
      throw new RequestError(403, 'This page is for this machine alone, at http://localhost.');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new RequestError(405, 'This page reads and changes nothing.');
    }
    if (url.pathname === root) return { status: 308, headers: { location: `${root}/` }, body: '' };
    const file = this.#files.get(url.pathname);
    if (file !== undefined) return { status: 200, headers: { 'content-type': file.type }, body: file.body };
    if (!isSameOrigin(visitor)) throw new RequestError(403, 'Another page may not read this one.');
    return json(200, await this.#data(url));
  }

  async #data({ pathname, searchParams }: URL): Promise<unknown> {
    const { overview, invocations, tables } = this.#parts;
    const path = pathname.slice(`${root}/api/`.length);
    if (!pathname.startsWith(`${root}/api/`)) throw new RequestError(404, 'There is no such page.');
    if (path === 'overview') {
      allow(searchParams, []);
      return overview();
    }
    if (path === 'invocations') {
      const filters = ['function', 'requestId', 'messageId', 'conversationId', 'failed'];
      allow(searchParams, [...filters, 'limit', 'before']);
      const before = searchParams.get('before');
      return invocations.page(
        {
          function: searchParams.get('function') ?? undefined,
          requestId: searchParams.get('requestId') ?? undefined,
          messageId: searchParams.get('messageId') ?? undefined,
          conversationId: searchParams.get('conversationId') ?? undefined,
          failed: searchParams.get('failed') === 'true',
        },
        limitOf(searchParams),
        before === null ? undefined : wholeNumber(before, 'before', Number.MAX_SAFE_INTEGER),
      );
    }
    if (path === 'tables') {
      allow(searchParams, []);
      return { items: tables.list() };
    }
    const table = /^tables\/(\w+)$/.exec(path)?.[1];
    if (table === undefined) throw new RequestError(404, 'There is no such page.');
    allow(searchParams, ['limit', 'cursor', 'key']);
    const cursor = searchParams.get('cursor') ?? undefined;
    return tables.page(table, limitOf(searchParams), cursor, searchParams.get('key') ?? undefined);
  }
}

type Answer = { status: number; headers: Record<string, string>; body: Buffer | string };

function json(status: number, body: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}

function refusal(error: unknown): Answer {
  if (error instanceof RequestError) return json(error.status, { message: error.message });
  return json(500, { message: error instanceof Error ? error.message : String(error) });
}

function send(response: ServerResponse, method: string | undefined, { status, headers, body }: Answer): void {
  response.writeHead(status, {
    ...securityHeaders,
    ...headers,
    // What it shows is of this moment, and nothing that a browser should keep.
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
  });
  response.end(method === 'HEAD' ? undefined : body);
}

function allow(parameters: URLSearchParams, names: readonly string[]): void {
  for (const name of new Set(parameters.keys())) {
    if (!names.includes(name)) throw new RequestError(400, `There is no parameter ${name} here.`);
    if (parameters.getAll(name).length > 1) throw new RequestError(400, `${name} may be there once.`);
  }
}

function limitOf(parameters: URLSearchParams): number {
  return wholeNumber(parameters.get('limit') ?? '50', 'limit', 200);
}

function wholeNumber(text: string, name: string, highest: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= highest) return value;
  throw new RequestError(400, `${name} must be a whole number from 1 to ${highest}.`);
}
