/** What CloudFormation has made for a stack. */
import { type CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import type { DeployedResource } from './deployment.ts';

/** Undefined where there is no such stack. */
export async function resourcesOfStack(
  stackName: string,
  client: CloudFormationClient,
): Promise<DeployedResource[] | undefined> {
  const resources: DeployedResource[] = [];
  try {
    for await (const page of paginateListStackResources({ client }, { StackName: stackName })) {
      for (const one of page.StackResourceSummaries ?? []) {
        const { LogicalResourceId: logicalId, PhysicalResourceId: physicalId, ResourceType: type = '' } = one;
        if (logicalId === undefined || physicalId === undefined) continue;
        // An update that removed it leaves it in the list.
        // It has left the stack; a table that is protected stays behind, as DELETE_SKIPPED.
        if (/^DELETE_(COMPLETE|SKIPPED)$/.test(one.ResourceStatus ?? '')) continue;
        resources.push({ logicalId, type, physicalId });
      }
    }
  } catch (error) {
    // CloudFormation's answer where there is no such stack.
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message)) {
      return undefined;
    }
    throw error;
  }
  return resources;
}
