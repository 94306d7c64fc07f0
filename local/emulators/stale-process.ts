import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Ends a server that an earlier, killed run left on the same data. Its leash kills it within milliseconds, but a start
 * right after a SIGKILL could still overlap with it, and two servers on one database file must not be.
 * `mark` must appear in its command line, so that a process that merely got the same number is left alone.
 */
export async function endStaleProcess(pidFile: string, mark: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  if (!Number.isInteger(pid) || pid <= 1) return;
  while (commandLineOf(pid).includes(mark)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (isNoSuchProcess(error)) return;
      throw error;
    }
    await delay(5);
  }
}

export function rememberProcess(pidFile: string, pid: number): void {
  writeFileSync(pidFile, String(pid), { mode: 0o600 });
}

function commandLineOf(pid: number): string {
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    // Neither has an entry for a process that has ended.
    return '';
  }
}

function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ESRCH';
}
