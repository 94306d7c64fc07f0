/** The web client, and one address for it and both APIs. Optional: see `web` in infra/config.ts. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import { type ApiDomains, WebDistribution } from '../constructs/web-distribution.ts';
import { WebFiles } from '../constructs/web-files.ts';
import type { ParleyData } from './parley-data.ts';
import { stackOfStage } from './stack-of-stage.ts';

export class ParleyWeb extends Stack {
  constructor(scope: Construct, id: string, apis: ApiDomains, data: ParleyData, settings: StageSettings) {
    super(scope, id, {
      ...stackOfStage(id, settings),
      description: `Parley (${settings.stage}): web client and its distribution`,
    });
    const files = new WebFiles(this, 'Files', settings);
    const { url } = new WebDistribution(this, 'Web', files.bucket, apis, data.edgeSecret, settings);
    new CfnOutput(this, 'WebUrl', { value: url });
  }
}
