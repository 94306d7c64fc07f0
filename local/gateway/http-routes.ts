import type { HttpRoute } from './model.ts';

export type RouteMatch = { route: HttpRoute; pathParameters: Record<string, string> | undefined };

type Segment = { kind: 'literal' | 'parameter' | 'greedy'; text: string };
type CompiledRoute = { route: HttpRoute; method: string; segments: Segment[] };

/** Chooses the route of a request: `(method, decoded path within the stage)`. */
export type RouteTable = (method: string, path: string) => RouteMatch | undefined;

/**
 * "API Gateway selects the route with the most-specific match": literal segments before `{parameter}` before
 * `{greedy+}`, compared from the left; a method before ANY; `$default` last.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function routeTable(routes: HttpRoute[]): RouteTable {
  const compiled = routes.filter((route) => route.routeKey !== '$default').map(compile);
  compiled.sort(bySpecificity);
  const fallback = routes.find((route) => route.routeKey === '$default');
  return (method, path) => {
    const segments = split(path);
    for (const candidate of compiled) {
      if (candidate.method !== 'ANY' && candidate.method !== method) continue;
      const pathParameters = match(candidate.segments, segments);
      if (pathParameters === undefined) continue;
      const none = Object.keys(pathParameters).length === 0;
      return { route: candidate.route, pathParameters: none ? undefined : pathParameters };
    }
    return fallback === undefined ? undefined : { route: fallback, pathParameters: undefined };
  };
}

function compile(route: HttpRoute): CompiledRoute {
  const parts = /^([A-Z]+) (\/.*)$/.exec(route.routeKey);
  if (parts === null) throw new Error(`unsupported HTTP route key: ${route.routeKey}`);
  const [, method = '', path = ''] = parts;
  const segments = split(path).map((text): Segment => {
    const name = /^\{([^}+]+)(\+?)\}$/.exec(text);
    if (name === null) return { kind: 'literal', text };
    return { kind: name[2] === '+' ? 'greedy' : 'parameter', text: name[1] ?? '' };
  });
  return { route, method, segments };
}

function split(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

const rank = { literal: 0, parameter: 1, greedy: 2 };

function bySpecificity(a: CompiledRoute, b: CompiledRoute): number {
  for (let index = 0; index < Math.min(a.segments.length, b.segments.length); index += 1) {
    const [left, right] = [a.segments[index], b.segments[index]];
    if (left === undefined || right === undefined) break;
    if (left.kind !== right.kind) return rank[left.kind] - rank[right.kind];
  }
  if (a.segments.length !== b.segments.length) return b.segments.length - a.segments.length;
  return Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

function match(pattern: Segment[], path: string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of pattern.entries()) {
    const actual = path[index];
    // An empty segment is no value, neither for a parameter nor for a greedy one.
    if (actual === undefined || (actual === '' && segment.kind !== 'literal')) return undefined;
    if (segment.kind === 'greedy') {
      parameters[segment.text] = path.slice(index).join('/');
      return parameters;
    }
    if (segment.kind === 'literal' && segment.text !== actual) return undefined;
    if (segment.kind === 'parameter') parameters[segment.text] = actual;
  }
  return pattern.length === path.length ? parameters : undefined;
}
