/** A stage that is deployed in an AWS account, by what CloudFormation says of its stacks. */
import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { stageNames, stageSettings } from '../../infra/stages.ts';
import { UsageError } from '../load/option-values.ts';
import { type DeployedResource, Deployment } from './deployment.ts';

/** Those of the stacks that hold what tools look into. */
const stacks = ['ParleyData', 'ParleyService'];

export async function stageDeployment(stage: string, region: string | undefined): Promise<Deployment> {
  if (!stageNames.some((known) => known === stage) || stage === 'local') {
    const known = stageNames.filter((name) => name !== 'local').join(', ');
    throw new UsageError(
      `--stage is one of ${known}, not "${stage}". Without it, the embedded runtime is meant.`,
    );
  }
  const chosen = region ?? stageSettings(stage).region;
  const client = new CloudFormationClient(chosen === undefined ? {} : { region: chosen });
  try {
    const used = await client.config.region().catch((cause: unknown) => {
      throw new UsageError(`In which region is stage ${stage}? Add --region, or set AWS_REGION.`, { cause });
    });
    const resources: DeployedResource[] = [];
    for (const stack of stacks) resources.push(...(await resourcesOf(`${stack}-${stage}`, used, client)));
    return new Deployment({
      description: `stage ${stage} in ${used}`,
      region: used,
      resources,
      // Credentials, and other endpoints for those who set them, are the environment's.
      settings: () => ({ region: used }),
      stage,
    });
  } finally {
    client.destroy();
  }
}

async function resourcesOf(
  stackName: string,
  region: string,
  client: CloudFormationClient,
): Promise<DeployedResource[]> {
  const resources: DeployedResource[] = [];
  try {
    for await (const page of paginateListStackResources({ client }, { StackName: stackName })) {
      for (const { LogicalResourceId, ResourceType, PhysicalResourceId } of page.StackResourceSummaries ??
        []) {
        if (LogicalResourceId === undefined || PhysicalResourceId === undefined) continue;
        resources.push({
          logicalId: LogicalResourceId,
          type: ResourceType ?? '',
          physicalId: PhysicalResourceId,
        });
      }
    }
  } catch (error) {
    // CloudFormation's answer where there is no such stack.
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message)) {
      throw new UsageError(
        `There is no stack ${stackName} in ${region} of this account. Is it the right --region, and AWS_PROFILE?`,
        { cause: error },
      );
    }
    if (
      error instanceof Error &&
      /credential|token|denied|authoriz/i.test(`${error.name} ${error.message}`)
    ) {
      throw new UsageError(
        `AWS did not let this shell see ${stackName} (${error.name}). Sign in, or name the profile in AWS_PROFILE.`,
        { cause: error },
      );
    }
    throw error;
  }
  return resources;
}
