/** Which Parley a tool is meant for: `--stage dev [--region …]` on AWS, or else the embedded runtime of this machine. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { UsageError } from '../load/option-values.ts';
import type { Deployment } from './deployment.ts';
import { embeddedDeployment } from './embedded-deployment.ts';
import { stageDeployment } from './stage-deployment.ts';

/** The options that choose, for a tool's own list of options. */
export const targetOptions = ['stage', 'region'] as const;

export const targetUsage = `  --stage <name>    a deployed stage, such as dev  [the embedded runtime, with its data in PARLEY_DATA or .parley]
  --region <name>   where it is                    [the stage's, or AWS_REGION]`;

export async function findDeployment(chosen: {
  stage?: string | undefined;
  region?: string | undefined;
}): Promise<Deployment> {
  if (chosen.stage !== undefined) return stageDeployment(chosen.stage, chosen.region);
  if (chosen.region !== undefined) throw new UsageError('--region goes with --stage.');
  return embeddedDeployment(process.env['PARLEY_DATA'] || '.parley');
}

/** Many small calls in a row, so throttling is waited out rather than reported. */
export function documentsOf(deployment: Deployment): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ ...deployment.settings('dynamodb'), maxAttempts: 8 });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}
