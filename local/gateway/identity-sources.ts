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

function identityValue(source: string, parts: IdentityParts): string | undefined {
  const path = source.replace(/^\$|^route\./, '');
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (path.startsWith('request.header.')) {
    // Header names hold no dot in practice, but may: all behind the prefix is the name.
    return parts.request.headersDistinct[path.slice('request.header.'.length).toLowerCase()]?.join(',');
  }
  if (path.startsWith('request.querystring.')) {
    return parts.query.get(path.slice('request.querystring.'.length)) ?? undefined;
  }
  if (path.startsWith('context.')) return parts.context[path.slice('context.'.length)];
  if (path.startsWith('stageVariables.')) return parts.stageVariables[name];
  throw new Error(`unsupported identity source: ${source}`);
}
