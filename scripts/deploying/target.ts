/** Which account and region a stage goes to, and whether the CDK can deploy there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { StageSettings } from '../../infra/config.ts';

export type Target = { account: string; region: string };

export async function findTarget(settings: StageSettings): Promise<Target> {
  const client = new STSClient(settings.region === undefined ? {} : { region: settings.region });
  try {
    const region = await client.config.region().catch((cause: unknown) => {
      throw new Error(
        `No region to deploy to: give stage "${settings.stage}" a "region" in infra/stages.ts, or set AWS_REGION.`,
        { cause },
      );
    });
    const { Account: account } = await client
      .send(new GetCallerIdentityCommand({}))
      .catch((cause: unknown) => {
        throw new Error(
          `AWS did not accept the credentials of this shell (${nameOf(cause)}). Sign in to the account that Parley goes to, ` +
            'with `aws sso login` or `aws login`, and name its profile in AWS_PROFILE; or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
          { cause },
        );
      });
    if (account === undefined)
      throw new Error('AWS told of no account behind the credentials of this shell.');
    return { account, region };
  } finally {
    client.destroy();
  }
}

/** Throws where `cdk bootstrap` has not been run, or by a CDK too old for these templates. */
export async function checkBootstrap({ account, region }: Target, assembly: string): Promise<void> {
  const { parameter, version } = bootstrapNeededBy(assembly);
  const bootstrap = `npx cdk bootstrap aws://${account}/${region}`;
  const client = new SSMClient({ region });
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: parameter }));
    const found = Number(Parameter?.Value);
    if (!(found >= version)) {
      throw new Error(
        `The CDK's own stack in ${account}, ${region} is of version ${Parameter?.Value}, and ${version} is needed: run \`${bootstrap}\`, then this again.`,
      );
    }
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
    throw new Error(
      `Account ${account} is not yet prepared for the CDK in ${region}: run \`${bootstrap}\` once, then this again.`,
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}

/** docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html: the version is in a parameter that the manifest names. */
function bootstrapNeededBy(assembly: string): { parameter: string; version: number } {
  const manifest: { artifacts: Record<string, { properties?: Record<string, unknown> }> } = JSON.parse(
    readFileSync(join(assembly, 'manifest.json'), 'utf8'),
  );
  const needs = Object.values(manifest.artifacts).map(({ properties }) => properties ?? {});
  const versions = needs.map(({ requiresBootstrapStackVersion }) =>
    Number(requiresBootstrapStackVersion ?? 0),
  );
  const parameter = needs
    .map((one) => one['bootstrapStackVersionSsmParameter'])
    .find((one) => one !== undefined);
  if (parameter === undefined) throw new Error(`${assembly} does not say which bootstrap it needs`);
  return { parameter: String(parameter), version: Math.max(...versions) };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}
