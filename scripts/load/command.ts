import { UsageError } from './option-values.ts';
import { Progress } from './progress.ts';

/**
 * What `npm run <name>` does around its run. The first Ctrl-C raises the run's signal, the second ends the process; what
 * is wrong with the command line is told in one line.
 * @param run answers whether all is well, which becomes the exit code
 */
export async function runCommand(
  name: string,
  run: (progress: Progress, stop: AbortSignal) => Promise<boolean>,
): Promise<void> {
  const progress = new Progress(process.stdout);
  const stop = new AbortController();
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(130);
    progress.say('Stopping: what was sent is still verified. Ctrl-C once more ends at once.');
    stop.abort(new Error('interrupted'));
  });
  try {
    process.exitCode = (await run(progress, stop.signal)) ? 0 : 1;
  } catch (error) {
    if (error instanceof UsageError) progress.say(`${error.message} See npm run ${name} -- --help.`);
    else if (stop.signal.aborted) progress.say('Stopped before anything was sent.');
    else throw error;
    process.exitCode = 1;
  }
}
