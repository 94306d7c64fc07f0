/** `npm run verify -- --conversation <id> | --all [--repair]`: docs/operations.md says when. */
import { UsageError } from './load/option-values.ts';
import { exitCodes, runVerify, verifyOptions, verifyUsage } from './verify/run-verify.ts';

try {
  const options = verifyOptions(process.argv.slice(2));
  if (options === undefined) console.log(verifyUsage);
  else process.exitCode = await runVerify(options, (line) => console.log(line));
} catch (error) {
  console.error(
    error instanceof UsageError ? `${error.message} See npm run verify -- --help.` : `Not checked: ${error}`,
  );
  process.exitCode = exitCodes.notChecked;
}
