import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const projectRoot = join(import.meta.dirname, '../../..');

export type Outcome = { code: number; stdout: string; stderr: string };

/** Runs a script as `npm run` does, with nobody at the keyboard. */
export async function run(
  script: string,
  options: string[],
  environment: Record<string, string>,
): Promise<Outcome> {
  try {
    const output = await promisify(execFile)(process.execPath, [join(projectRoot, script), ...options], {
      cwd: projectRoot,
      env: { ...process.env, ...environment },
      maxBuffer: 64 * 1024 * 1024, // The CDK says a lot.
    });
    return { code: 0, ...output };
  } catch (error) {
    if (!(error instanceof Error && 'stdout' in error && 'stderr' in error && 'code' in error)) throw error;
    return { code: Number(error.code), stdout: String(error.stdout), stderr: String(error.stderr) };
  }
}
