import type { FunctionError } from './lambda-pool.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html (Runtime.ExitError) */
export function exitError(code: number): FunctionError {
  const errorMessage =
    code === 0
      ? 'Error: Runtime exited without providing a reason'
      : `Error: Runtime exited with error: exit status ${code}`;
  return { errorType: 'Runtime.ExitError', errorMessage };
}

export function crashError(error: unknown): FunctionError {
  const errorMessage = `Error: Runtime exited with error: ${error instanceof Error ? error.message : String(error)}`;
  return { errorType: 'Runtime.ExitError', errorMessage };
}
