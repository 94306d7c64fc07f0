/** What every stack of a stage has from it: a name, and a place. */
import type { StackProps } from 'aws-cdk-lib';
import type { StageSettings } from '../config.ts';

export function stackOfStage(id: string, { stage, region }: StageSettings): StackProps {
  // Without an account the stack goes to that of the credentials it is deployed with.
  return { stackName: `${id}-${stage}`, ...(region !== undefined && { env: { region } }) };
}
