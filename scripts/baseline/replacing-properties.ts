/**
 * The properties whose change replaces a resource, as CloudFormation's own specification marks them: "Update requires:
 * Replacement" (docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html).
 */
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';

/** What the pages say and the specification does not. */
const beyondTheSpecification: Record<string, string[]> = {
  // "Updates are not supported": docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-dynamodb-table-localsecondaryindex.html
  'AWS::DynamoDB::Table': ['LocalSecondaryIndexes'],
};

let specification: ReturnType<typeof loadAwsServiceSpecSync> | undefined;

export function replacingProperties(type: string): string[] {
  specification ??= loadAwsServiceSpecSync();
  const [resource] = specification.lookup('resource', 'cloudFormationType', 'equals', type);
  if (resource === undefined) throw new Error(`CloudFormation's specification knows no ${type}`);
  const marked = Object.entries(resource.properties)
    .filter(([, { causesReplacement = 'no' }]) => causesReplacement !== 'no')
    .map(([name]) => name);
  return [...marked, ...(beyondTheSpecification[type] ?? [])].sort();
}
