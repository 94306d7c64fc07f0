import { execFileSync } from 'node:child_process';
import { UsageError } from '../load/option-values.ts';

/** Beside its sockets a process holds modules, emulators, logs and connections to the emulators. */
const others = 500;

/** Refuses to begin what would end with EMFILE half-way. Node raises its own limit to the hard one when it starts. */
export function requireOpenFiles(sockets: number): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  const needed = sockets + others;
  if (limit === 'unlimited' || Number(limit) >= needed) return;
  throw new UsageError(
    `${sockets} sockets need ${needed} open files in a process, and ulimit -Hn says ${limit}. Raise it as root (ulimit -Hn ${needed}; or nofile in /etc/security/limits.conf, and a new session), or take fewer sockets.`,
  );
}
