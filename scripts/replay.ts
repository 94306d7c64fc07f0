/** `npm run replay -- --from <time> | --shard <id> [--run]`: delivers records of the stream again. docs/operations.md says when. */
import { UsageError } from './load/option-values.ts';
import { replayOptions, replayUsage } from './replay/replay-options.ts';
import { runReplay } from './replay/run-replay.ts';

try {
  const options = replayOptions(process.argv.slice(2), new Date());
  if (options === undefined) console.log(replayUsage);
  else process.exitCode = await runReplay(options, (line) => console.log(line));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(
    error instanceof UsageError ? `${error.message} See npm run replay -- --help.` : error.message,
  );
  process.exitCode = 1;
}
