/** The embedded runtime that runs on a data folder, by the files it writes there: docs/local.md. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import type { ResourceList, RuntimeAddresses } from '../../local/runtime.ts';
import { UsageError } from '../load/option-values.ts';
import { Deployment } from './deployment.ts';

export async function embeddedDeployment(dataDirectory: string): Promise<Deployment> {
  const folder = resolve(dataDirectory);
  const endpoints = fileOf<RuntimeAddresses>(folder, 'endpoints.json');
  const list = fileOf<ResourceList>(folder, 'resources.json');
  // The files outlive the process that wrote them. Kinesis is served by the process itself, whatever else is not.
  if (endpoints === undefined || list === undefined || !(await answers(endpoints.kinesis))) {
    throw new UsageError(
      `No Parley runs on ${folder}. Start it with \`npm start\`, name its data folder in PARLEY_DATA, or name a deployed stage with --stage.`,
    );
  }
  return new Deployment({
    description: `the embedded runtime on ${folder}`,
    region: list.region,
    resources: list.resources,
    settings: (service) =>
      emulatorClient(endpoints[service], { region: list.region, accessKeyId: endpoints.accessKeyId }),
    dataDirectory: folder,
  });
}

/** The runtime writes these files whole, and as the type says. */
function fileOf<Content>(folder: string, name: string): Content | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Content;
  } catch {
    return undefined; // The caller says what to do.
  }
}

function answers(endpoint: string): Promise<boolean> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((settle) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 2_000 });
    const end = (answer: boolean) => {
      socket.destroy();
      settle(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
