import { isRecord } from '../template/template.ts';
import type { CallResult } from './function-call.ts';

/** What an authorizer's function answered, before any policy is held against a route. */
export type AuthorizerAnswer =
  | { kind: 'policy'; principalId: string; policyDocument: unknown; context: Record<string, unknown> }
  | { kind: 'simple'; isAuthorized: boolean; context: Record<string, unknown> }
  | { kind: 'unauthorized'; cause: string }
  | { kind: 'throttled'; cause: string }
  | { kind: 'error'; cause: string };

/** "AWS Lambda authorizer result size": http-api-quotas.html and the WebSocket API's table of quotas. */
const maxResultBytes = 8 * 1024;

/**
 * Only the exact message `Unauthorized` makes a 401; any other failure is the API's own error (500).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 */
export function readAuthorizerAnswer(result: CallResult, simpleResponses: boolean): AuthorizerAnswer {
  if ('failure' in result) {
    const { kind, cause, error } = result.failure;
    if (kind === 'throttled') return { kind, cause };
    return { kind: error?.errorMessage === 'Unauthorized' ? 'unauthorized' : 'error', cause };
  }
  const answer = result.payload;
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  if (bytes > maxResultBytes) return { kind: 'error', cause: `the authorizer returned ${bytes} bytes` };
  if (!isRecord(answer)) return { kind: 'error', cause: 'the authorizer returned no object' };
  const context = answer['context'] ?? {};
  if (!isRecord(context))
    return { kind: 'error', cause: 'the authorizer returned a context that is no object' };
  if (simpleResponses) {
    if (typeof answer['isAuthorized'] !== 'boolean') {
      return { kind: 'error', cause: 'the authorizer returned no boolean isAuthorized' };
    }
    return { kind: 'simple', isAuthorized: answer['isAuthorized'], context };
  }
  const { principalId, policyDocument } = answer;
  if (typeof principalId !== 'string' || !isRecord(policyDocument)) {
    return { kind: 'error', cause: 'the authorizer returned no principalId or no policyDocument' };
  }
  return { kind: 'policy', principalId, policyDocument, context };
}

/**
 * A WebSocket (or REST) authorizer's context may hold strings, numbers and booleans, and reaches every event of the
 * connection as strings; undefined where it holds anything else.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function stringContext(context: Record<string, unknown>): Record<string, string> | undefined {
  const strings: Record<string, string> = {};
  for (const [key, value] of Object.entries(context)) {
    if (value === null) continue;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return undefined;
    strings[key] = String(value);
  }
  return strings;
}
