import type { IncomingMessage } from 'node:http';

/** What the identity sources of an authorizer may speak of. */
export type IdentityParts = {
  request: IncomingMessage;
  query: URLSearchParams;
  context: Record<string, string>;
  stageVariables: Record<string, string>;
};

/**
 * The values of an authorizer's identity sources; undefined if the request lacks one. Takes both spellings:
 * `route.request.header.Authorization` (WebSocket) and `$request.header.Authorization` (HTTP).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export function identityValues(sources: string[], parts: IdentityParts): string[] | undefined {
  const values: string[] = [];
  for (const source of sources) {
    const value = identityValue(source, parts);
    if (value === undefined || value === '') return undefined;
    values.push(value);
  }
  return values;
}

/** Whether a source is one of those forms; others are refused when the template is read. */
export function isIdentitySource(source: string): boolean {
  return /^(\$|route\.)?(request\.(header|querystring)|context|stageVariables)\../.test(source);
}

function identityValue(source: string, parts: IdentityParts): string | undefined {
  const [, kind, name = ''] =
    /^(?:\$|route\.)?(request\.header|request\.querystring|context|stageVariables)\.(.+)$/.exec(source) ?? [];
  switch (kind) {
    case 'request.header':
      return parts.request.headersDistinct[name.toLowerCase()]?.join(',');
    case 'request.querystring':
      return parts.query.get(name) ?? undefined;
    case 'context':
      return parts.context[name];
    case 'stageVariables':
      return parts.stageVariables[name];
    default:
      throw new Error(`unsupported identity source: ${source}`);
  }
}
