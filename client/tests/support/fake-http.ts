import type { Fetch } from '../../src/http.ts';
import { Refusal } from './fake-chat.ts';
import { type FakeServer, pages } from './fake-server.ts';
import { answerHeldToProtocol } from './held-to-protocol.ts';

type Answer = { status: number; body?: object; headers?: Record<string, string> };

/** The HTTP API of a fake server. A lost request is one whose answer never comes. */
export function fakeFetch(server: FakeServer): Fetch {
  return (url, { method, headers, body, signal }) => {
    const fate = server.network.next();
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new TypeError('aborted')));
      const answer = (result: Answer) =>
        resolve({
          status: result.status,
          headers: { get: (name) => result.headers?.[name] ?? null },
          text: async () => (result.body === undefined ? '' : JSON.stringify(result.body)),
        });
      const arrive = () => {
        if (server.isDown) return reject(new TypeError('fetch failed'));
        const { pathname, searchParams } = new URL(url);
        server.requests.push(`${method} ${pathname.replace(/^\/v1/, '')}`);
        const token = (headers['authorization'] ?? '').replace(/^Bearer /, '');
        const userId = server.tokens.get(token);
        if (userId === undefined) return answer(problem(401, 'UNAUTHENTICATED'));
        const result = handle(server, { userId, token }, `${method} ${pathname}`, searchParams, body);
        const route = `${method} ${pathname.replace(/(?<=(?:conversations|sessions)\/)[^/]+/, '{id}')}`;
        if (result.status < 300) answerHeldToProtocol(route, result.body);
        // What it says may be outdated when it arrives.
        const back = server.network.next();
        if (back.kind === 'arrives') server.clock.setTimeout(() => answer(result), back.afterMs);
        else if (back.kind !== 'lost') answer(result);
      };
      if (fate.kind === 'lost') return;
      if (fate.kind === 'refused') {
        const refused = {
          RATE_LIMITED: problem(429, 'RATE_LIMITED', { 'retry-after': '1' }),
          UNAVAILABLE: problem(503, 'UNAVAILABLE'),
          gateway: { status: 500, body: { message: 'Internal Server Error' } },
        };
        server.clock.setTimeout(() => answer(refused[fate.with]), 1);
        return;
      }
      server.clock.setTimeout(arrive, fate.afterMs);
    });
  };
}

function handle(
  server: FakeServer,
  { userId, token }: { userId: string; token: string },
  route: string,
  query: URLSearchParams,
  body: string | undefined,
): Answer {
  const { chat } = server;
  const sent = body === undefined ? {} : JSON.parse(body);
  const [, id = ''] = /\/(?:conversations|sessions)\/([^/]+)/.exec(route) ?? [];
  try {
    switch (id === '' ? route : route.replace(`/${id}`, '/{id}')) {
      case 'GET /v1/users/me':
        return ok({ userId, username: userId, displayName: userId, createdAt: server.clock.iso() });
      case 'DELETE /v1/users/me':
        if (sent.password !== server.password) return problem(401, 'UNAUTHENTICATED');
        for (const [token, owner] of server.tokens) if (owner === userId) server.tokens.delete(token);
        server.cut();
        return { status: 202 };
      case 'GET /v1/users/me/sessions':
        return ok({ items: sessionsOf(server, userId, token) });
      case 'DELETE /v1/users/me/sessions/{id}':
        server.tokens.delete(id === 'current' ? token : id);
        return { status: 204 };
      case 'GET /v1/conversations':
        return ok(page(chat.inbox(userId), Number(query.get('cursor') ?? 0), pages.inbox));
      case 'POST /v1/conversations':
        chat.create(sent.createId, userId, sent.memberIds);
        return { status: 201, body: chat.row(sent.createId, userId) };
      case 'GET /v1/conversations/{id}':
        return ok({ ...chat.row(id, userId), members: chat.members(id) });
      case 'PATCH /v1/conversations/{id}/settings':
        chat.pin(id, userId, sent.pinned);
        return ok(chat.row(id, userId));
      case 'GET /v1/messages':
        return ok(history(server, userId, query));
      case 'POST /v1/token': {
        const token = `renewed-${server.tokens.size}`;
        server.tokens.set(token, userId);
        return ok({ token, expiresAt: new Date(server.clock.now() + 12 * 3_600_000).toISOString() });
      }
      default:
        return problem(404, 'NOT_FOUND');
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return problem(error.code === 'NOT_FOUND' ? 404 : 400, error.code);
  }
}

/** Each token is a session, and its id. */
function sessionsOf({ tokens, clock }: FakeServer, userId: string, current: string): object[] {
  const now = clock.iso();
  return [...tokens]
    .filter(([, owner]) => owner === userId)
    .map(([token]) => ({
      sessionId: token,
      deviceName: null,
      createdAt: now,
      lastUsedAt: now,
      current: token === current,
    }));
}

function history(server: FakeServer, userId: string, query: URLSearchParams): object {
  const all = server.chat.messages(query.get('conversationId') ?? '', userId);
  const limit = Math.min(Number(query.get('limit') ?? pages.history), pages.history);
  const after = query.get('after');
  if (after !== null) {
    const items = all.slice(Number(after), Number(after) + limit);
    return {
      items,
      nextCursor: Number(after) + items.length < all.length ? String(items.at(-1)?.seq) : null,
    };
  }
  const end = Math.min(Number(query.get('before') ?? all.length + 1) - 1, all.length);
  const items = all.slice(Math.max(0, end - limit), end);
  return { items, nextCursor: (items[0]?.seq ?? 1) > 1 ? String(items[0]?.seq) : null };
}

function page<Item>(all: Item[], start: number, limit: number): { items: Item[]; nextCursor: string | null } {
  const end = start + limit;
  return { items: all.slice(start, end), nextCursor: end < all.length ? String(end) : null };
}

function ok(body: object): Answer {
  return { status: 200, body };
}

function problem(status: number, code: string, headers: Record<string, string> = {}): Answer {
  const body = { type: 'about:blank', title: code, status, detail: code, code, requestId: 'their-request' };
  return { status, body, headers };
}
