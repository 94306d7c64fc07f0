/** `npm run erase -- --user carol [--stage dev]`: erases somebody who asks for it. docs/operations.md, Erasing a user. */
import { commandOf, eraseUsage } from './erasing/erase-command.ts';
import { runErase } from './erasing/run-erase.ts';
import { UsageError } from './load/option-values.ts';

try {
  const command = commandOf(process.argv.slice(2));
  if (command === undefined) console.log(eraseUsage);
  else await runErase(command, (line) => console.log(line));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(
    error instanceof UsageError ? `${error.message} See npm run erase -- --help.` : error.message,
  );
  process.exitCode = 1;
}
