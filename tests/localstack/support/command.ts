import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonProgram } from '../../support/python-program.ts';

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

/** The same at a terminal, where somebody types `keys`. What it says on both streams is told as one. */
export async function runAtTerminal(
  script: string,
  options: string[],
  environment: Record<string, string>,
  keys: string,
): Promise<{ code: number; said: string }> {
  const spawnAtTerminal = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
  const command = [process.execPath, join(projectRoot, script), ...options];
  const child = spawn(pythonProgram('python'), ['-c', spawnAtTerminal, ...command], {
    cwd: projectRoot,
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'ignore'],
    // Whoever waits for an answer that does not come is ended, before the test gives up and leaves it behind.
    timeout: 100_000,
  });
  let said = '';
  let isAsked = false;
  child.stdout.on('data', (data: Buffer) => {
    said += data;
    // The question is followed by no end of line, but by what moves the cursor.
    if (!isAsked && /to go on: [^\n]*$/.test(said)) {
      isAsked = true;
      child.stdin.write(`${keys}\n`);
    }
  });
  const [code] = await once(child, 'close');
  return { code, said };
}
