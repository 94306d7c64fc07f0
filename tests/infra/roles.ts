/** What the role of each function permits. */
import type { Deployment, Resource } from './templates.ts';
import { at } from './templates.ts';

export type Permission = {
  action: string;
  /** The resource with its references in angle brackets. */
  resource: string;
  /** The resource of ours that it names. */
  target: Resource;
};

export function permissionsOf(deployment: Deployment, lambda: Resource): Permission[] {
  const role = deployment.referenceIn(lambda.properties['Role'], lambda.stack);
  return array(role.properties['Policies']).flatMap((policy) =>
    array(at(policy, 'PolicyDocument', 'Statement')).flatMap((statement) => {
      if (at(statement, 'Effect') !== 'Allow')
        throw new Error(`${role.logicalId} holds a statement that is no Allow`);
      return array(at(statement, 'Action')).flatMap((action) =>
        array(at(statement, 'Resource')).map((resource) => ({
          action: String(action),
          resource: deployment.render(resource, role.stack),
          target: deployment.referenceIn(resource, role.stack),
        })),
      );
    }),
  );
}

export function environmentOf(lambda: Resource): Record<string, unknown> {
  return { ...(at(lambda.properties, 'Environment', 'Variables') as object) }; // CloudFormation's map of variables.
}

function array(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** What Lambda does in the function's name, and not its code: writing the log, and reading what feeds it. */
export function isForLambdaItself({ action, target }: Permission): boolean {
  return (
    action.startsWith('logs:') ||
    (target.type.startsWith('AWS::Kinesis::') && !action.startsWith('kinesis:PutRecord')) ||
    ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'].includes(action) ||
    target.type === 'AWS::S3::Bucket'
  );
}
