import { isRecord } from '../template/template.ts';

/**
 * Whether an authorizer's policy lets `execute-api:Invoke` through to a route: some statement allows it and none
 * denies it. Undefined where the document is not one that API Gateway would take.
 */
export function policyAllows(document: unknown, arn: string): boolean | undefined {
  if (!isRecord(document)) return undefined;
  const declared = document['Statement'];
  const statements = Array.isArray(declared) ? declared : [declared];
  let allowed = false;
  for (const statement of statements) {
    if (!isRecord(statement)) return undefined;
    const { Effect: effect, Action: action, Resource: resource } = statement;
    if ((effect !== 'Allow' && effect !== 'Deny') || action === undefined || resource === undefined)
      return undefined;
    // Conditions need request context that a local run does not have; saying yes without them would be wrong.
    if (statement['Condition'] !== undefined) return undefined;
    const matches =
      texts(action).some((pattern) => globMatches(pattern.toLowerCase(), 'execute-api:invoke')) &&
      texts(resource).some((pattern) => globMatches(pattern, arn));
    if (matches && effect === 'Deny') return false;
    if (matches) allowed = true;
  }
  return allowed;
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((entry) => typeof entry === 'string');
}

/** IAM's wildcards: `*` is any run of characters, `?` any one. */
export function globMatches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
