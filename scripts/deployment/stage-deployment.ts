/** A stage that is deployed in an AWS account, by what CloudFormation says of its stacks. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { StageSettings } from '../../infra/config.ts';
import { stageNames, stageSettings } from '../../infra/stages.ts';
import { newRequestHandler } from '../../lambdas/stores/request-handler.ts';
import { UsageError } from '../load/option-values.ts';
import { type DeployedResource, Deployment } from './deployment.ts';
import { resourcesOfStack } from './stack-resources.ts';

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
    resources.push(...restored(stageSettings(stage).restoredTables));
    return new Deployment({
      description: `stage ${stage} in ${used}`,
      region: used,
      resources,
      // Credentials, and other endpoints for those who set them, are the environment's.
      // The Kinesis client would speak HTTP/2, which is for streaming only and which emulators do not.
      settings: (service) => ({
        region: used,
        ...(service === 'kinesis' && { requestHandler: newRequestHandler() }),
      }),
      stage,
    });
  } finally {
    client.destroy();
  }
}

/** Tables that the stage uses in place of its stacks' own, and which belong to no stack. */
export function restored(tables: StageSettings['restoredTables']): DeployedResource[] {
  return Object.entries(tables).map(([logicalId, physicalId]) => ({
    logicalId,
    type: 'AWS::DynamoDB::Table',
    physicalId,
  }));
}

async function resourcesOf(
  stackName: string,
  region: string,
  client: CloudFormationClient,
): Promise<DeployedResource[]> {
  const resources = await resourcesOfStack(stackName, client).catch((cause: unknown) => {
    if (
      cause instanceof Error &&
      /credential|token|denied|authoriz/i.test(`${cause.name} ${cause.message}`)
    ) {
      throw new UsageError(
        `AWS did not let this shell see ${stackName} (${cause.name}). Sign in, or name the profile in AWS_PROFILE.`,
        { cause },
      );
    }
    throw cause;
  });
  if (resources === undefined) {
    throw new UsageError(
      `There is no stack ${stackName} in ${region} of this account. Is it the right --region, and AWS_PROFILE?`,
    );
  }
  return resources;
}
