import { App, type AppProps } from 'aws-cdk-lib';
import packageJson from '../package.json' with { type: 'json' };
import type { StageSettings } from './config.ts';
import { leaveOutWhatEmulatorsLack } from './emulated.ts';
import { ParleyData } from './stacks/parley-data.ts';
import { ParleyService } from './stacks/parley-service.ts';
import { ParleyWeb } from './stacks/parley-web.ts';
import { stageSettings } from './stages.ts';

export type Release = { settings: StageSettings; version: string };

/** The whole of Parley: by itself as released here, for the stage that the context names (`-c stage=…`). */
export function parleyApp(props: AppProps = {}, release: Partial<Release> = {}): App {
  const app = new App({
    // The service is the deployer's own: nothing about it is reported to anybody.
    analyticsReporting: false,
    ...props,
    context: {
      // What the service imports from the data stack cannot be removed there while it is in use.
      '@aws-cdk/core:defaultCrossStackReferences': 'strong',
      ...props.context,
    },
  });
  const settings = release.settings ?? stageSettings(app.node.tryGetContext('stage') ?? 'dev');
  const version = release.version ?? packageJson.version;
  const data = new ParleyData(app, 'ParleyData', settings);
  const service = new ParleyService(app, 'ParleyService', data, settings, version);
  if (settings.web !== false) new ParleyWeb(app, 'ParleyWeb', service.domains, data, settings);
  if (settings.emulated !== false) leaveOutWhatEmulatorsLack(app);
  return app;
}
