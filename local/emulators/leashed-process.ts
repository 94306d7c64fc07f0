import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a program that dies with us, even when we are killed with SIGKILL and can run no code of our own.
 *
 * The program's standard input would be the natural leash, but servers do not read theirs. So a shell starts a watcher
 * in the background that does nothing but read from the pipe we hold, and then becomes the program itself (`exec`
 * keeps the process number, so `child.pid` and its exit are the program's own). When we die the kernel closes our end,
 * `read` fails, and the watcher kills the program; on an ordered end we write a line first, and the watcher just leaves.
 * Linux' parent-death signal would do the same, but macOS has none.
 *
 * Program and watcher are a process group of their own: what the program starts itself (npx does) ends with it, and a
 * Ctrl-C at the console reaches only us, who end the program in our own order.
 */
const LEASH = `
  exec 3<&0
  ( read -r _ <&3 || kill -KILL -$$ ) >/dev/null 2>&1 &
  exec "$@" 3<&- </dev/null
`;

export type LeashedProcess = {
  pid: number;
  /** What the program has written to standard error so far (the last 4,000 characters). */
  errorOutput(): string;
  /** Fulfilled when the program has ended, by whatever cause. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** SIGTERM, and SIGKILL after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
};

export async function startLeashed(command: string, args: readonly string[]): Promise<LeashedProcess> {
  const child = spawn('/bin/sh', ['-c', LEASH, 'parley-leash', command, ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  // A watcher that is gone already makes the pipe break; the program's own end is what counts.
  child.stdin.on('error', () => {});
  let errorOutput = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errorOutput = (errorOutput + text).slice(-4000);
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      child.stdin.end('\n');
      resolve({ code, signal });
    });
  });
  await once(child, 'spawn');
  const pid = pidOf(child);
  return {
    pid,
    errorOutput: () => errorOutput,
    ended,
    async stop(graceMs = 3000) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      // The whole group: npx does not hand SIGKILL on.
      const forced = setTimeout(() => process.kill(-pid, 'SIGKILL'), graceMs);
      await ended;
      clearTimeout(forced);
    },
  };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('A spawned process has no number');
  return child.pid;
}
