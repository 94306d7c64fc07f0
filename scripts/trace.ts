/** `npm run trace -- --message <messageId>`: what became of one message, and when. */
import { UsageError } from './load/option-values.ts';
import { runTrace, traceOptions, traceUsage } from './trace/run-trace.ts';

try {
  const options = traceOptions(process.argv.slice(2), new Date());
  if (options === undefined) console.log(traceUsage);
  else process.exitCode = await runTrace(options, (line) => console.log(line));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(
    error instanceof UsageError ? `${error.message} See npm run trace -- --help.` : error.message,
  );
  process.exitCode = 1;
}
