import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const projectRoot = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'parley-synth-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Keeps the CDK CLI from looking for newer versions, news, and credentials. */
const offline = {
  CDK_DISABLE_CLI_TELEMETRY: 'true',
  CDK_DISABLE_VERSION_CHECK: 'true',
  AWS_EC2_METADATA_DISABLED: 'true',
};

type Outcome = { code: number; stdout: string; stderr: string };

async function run(script: string, ...options: string[]): Promise<Outcome> {
  try {
    const output = await promisify(execFile)(process.execPath, [join(projectRoot, script), ...options], {
      cwd: projectRoot,
      env: { ...process.env, ...offline },
    });
    return { code: 0, ...output };
  } catch (error) {
    if (!(error instanceof Error && 'stdout' in error && 'stderr' in error)) throw error;
    return { code: 1, stdout: String(error.stdout), stderr: String(error.stderr) };
  }
}

test('npm run synth says nothing when all is well', async () => {
  expect(await run('scripts/synth.ts', '--stage', 'prod')).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('npm run synth refuses an unknown stage in one line', async () => {
  expect(await run('scripts/synth.ts', '--stage', 'production')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'Unknown stage "production": infra/stages.ts has dev, prod, local, localstack\n',
  });
});

test('npm run build says nothing when all is well', async () => {
  expect(await run('scripts/build.ts')).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('the CDK CLI synthesizes the same app, and by itself the stage dev', { timeout: 120_000 }, async () => {
  const cli = 'node_modules/aws-cdk/bin/cdk';
  const { code, stderr } = await run(cli, 'synth', '--quiet', '--no-notices', '--output', scratch);
  expect(code, stderr).toBe(0);
  expect(existsSync(join(scratch, 'ParleyService.template.json'))).toBe(true);
});
