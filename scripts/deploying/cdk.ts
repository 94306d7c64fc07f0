/** Runs the CDK CLI on an assembly that is already synthesized. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname, join } from 'node:path';

const projectRoot = dirname(dirname(import.meta.dirname));

export type CdkCommand = {
  /** `cdklocal` is the same CLI with its calls led to an emulator. */
  program?: 'cdk' | 'cdklocal';
  /** Directory of the cloud assembly. */
  assembly: string;
  arguments: string[];
  environment?: Record<string, string>;
};

/** Shows what the CLI says, and throws where it fails. */
export async function runCdk({
  program = 'cdk',
  assembly,
  arguments: given,
  environment = {},
}: CdkCommand): Promise<void> {
  const child = spawn(program, [...given, '--app', assembly], {
    // Away from cdk.json, whose `build` would build everything again for each command.
    cwd: assembly,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: [process.env['PATH'], join(projectRoot, 'node_modules/.bin')].join(delimiter),
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      ...environment,
    },
  });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0)
    throw new Error(
      `\`${program} ${given[0]}\` failed (${signal ?? `exit code ${code}`}): see its output above.`,
    );
}
