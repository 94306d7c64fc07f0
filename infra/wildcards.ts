/** Tells cdk-nag why a resource in a policy holds a wildcard, for that one resource only. */
import { Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

export function acknowledgeWildcard(scope: Construct, resource: string, reason: string): void {
  const finding = flatten(Stack.of(scope).resolve(resource));
  Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[Resource::${finding}]`, reason });
}

/** Writes references as cdk-nag does: `<LogicalId>` and `<LogicalId.Attribute>`. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) {
    if ('Ref' in value) return `<${value.Ref}>`;
    if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt']))
      return `<${value['Fn::GetAtt'].join('.')}>`;
    if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
      const [separator, parts] = value['Fn::Join'];
      if (Array.isArray(parts)) return parts.map(flatten).join(String(separator));
    }
  }
  throw new Error(`A resource of a policy is neither text nor a reference: ${JSON.stringify(value)}`);
}
