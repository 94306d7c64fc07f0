import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../local/runtime.ts';

/**
 * The embedded runtime of a run, in a process of its own, so that the load it is under is not in its own event loop. Its
 * folder and port come from the command line, what it says goes into `functions.log`, and it ends with its parent.
 */
export async function startChildRuntime(lambda: RuntimeOptions['lambda'] = {}): Promise<Runtime> {
  const [assemblyDirectory = '', dataDirectory = '', port = '0'] = process.argv.slice(2);
  // Ctrl-C reaches the whole process group; the parent says when it is over.
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit());
  const log = createWriteStream(join(dataDirectory, 'functions.log'), { flags: 'a' });
  return startRuntime({
    assemblyDirectory,
    dataDirectory,
    port: Number(port),
    log: (line) => log.write(`${line}\n`),
    lambda: {
      ...lambda,
      // A thousand users sign in, and what their passwords cost is not what is measured.
      preload: [
        join(import.meta.dirname, '../../tests/support/cheap-passwords.ts'),
        ...(lambda.preload ?? []),
      ],
      onLog: (entry) => {
        log.write(`${entry.functionName} ${entry.line}\n`);
        lambda.onLog?.(entry);
      },
    },
  });
}
