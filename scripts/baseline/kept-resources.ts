/** What a release must leave in its place: read from the templates, small enough to be read in a review. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replacingProperties } from './replacing-properties.ts';

/** Resources that hold what cannot be had again, and those whose addresses clients know. */
const keptTypes = [
  'AWS::DynamoDB::Table',
  'AWS::Kinesis::Stream',
  'AWS::SQS::Queue',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
  'AWS::KMS::Key',
  'AWS::ApiGatewayV2::Api',
  'AWS::CloudFront::Distribution',
];

export type KeptResource = {
  type: string;
  /** The values whose change would make CloudFormation replace the resource; those it does not set are not there. */
  properties: Record<string, unknown>;
};

export type KeptStack = {
  stackName: string;
  /** By logical id, which is how CloudFormation knows a resource again. */
  resources: Record<string, KeptResource>;
  /** What other stacks import: CloudFormation refuses to take it away from a stack while one of them still does. */
  exports: string[];
};

/** By the name of the stack in the app: `ParleyData`. */
export type Kept = Record<string, KeptStack>;

type Template = {
  Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
  Outputs?: Record<string, { Export?: { Name: string } }>;
};

export function keptIn(assembly: string): Kept {
  const manifest: { artifacts: Record<string, { type: string; properties?: Record<string, string> }> } =
    JSON.parse(readFileSync(join(assembly, 'manifest.json'), 'utf8'));
  const kept: Kept = {};
  for (const [id, { type, properties = {} }] of Object.entries(manifest.artifacts)) {
    const { stackName, templateFile } = properties;
    if (type !== 'aws:cloudformation:stack' || stackName === undefined || templateFile === undefined)
      continue;
    const template: Template = JSON.parse(readFileSync(join(assembly, templateFile), 'utf8'));
    kept[id] = {
      stackName,
      resources: Object.fromEntries(
        Object.entries(template.Resources)
          .filter(([, resource]) => keptTypes.includes(resource.Type))
          .map(([logicalId, resource]) => [
            logicalId,
            keptResource(resource.Type, resource.Properties ?? {}),
          ]),
      ),
      exports: Object.values(template.Outputs ?? {}).flatMap(({ Export }) => (Export ? [Export.Name] : [])),
    };
  }
  return kept;
}

function keptResource(type: string, all: Record<string, unknown>): KeptResource {
  const properties: Record<string, unknown> = {};
  for (const name of replacingProperties(type)) {
    if (all[name] !== undefined) properties[name] = all[name];
  }
  if (all['AttributeDefinitions'] !== undefined) {
    properties['AttributeDefinitions'] = definitionsOfKeys(all['AttributeDefinitions'], properties);
  }
  return { type, properties };
}

/**
 * "Replacement if you edit an existing AttributeDefinition" (docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html).
 * Those of global indexes come and go with them.
 */
function definitionsOfKeys(definitions: unknown, keys: Record<string, unknown>): unknown[] {
  const used = JSON.stringify(keys);
  if (!Array.isArray(definitions)) throw new Error('AttributeDefinitions is a list');
  return definitions.filter(({ AttributeName }) => used.includes(JSON.stringify(AttributeName)));
}
