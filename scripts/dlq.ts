/** `npm run dlq -- list|show|redrive|discard`: what could not be delivered. docs/operations.md says when to use it. */
import { commandOf, dlqUsage } from './dead-letters/dlq-command.ts';
import { runDlqCommand } from './dead-letters/run-command.ts';
import { UsageError } from './load/option-values.ts';

try {
  const command = commandOf(process.argv.slice(2));
  if (command === undefined) console.log(dlqUsage);
  else process.exitCode = await runDlqCommand(command, (line) => console.log(line));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error instanceof UsageError ? `${error.message} See npm run dlq -- --help.` : error.message);
  process.exitCode = 1;
}
