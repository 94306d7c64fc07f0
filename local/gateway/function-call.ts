import { type FunctionError, isThrottled, type LambdaInvoker } from '../lambda/lambda-pool.ts';
import type { Urgency } from '../lambda/waiting-line.ts';

export type CallTarget = { functionName: string; permitted: boolean };

export type CallFailure = {
  kind: 'permission' | 'timeout' | 'throttled' | 'function';
  cause: string;
  error?: FunctionError;
};
export type CallResult = { payload: unknown } | { failure: CallFailure };

/** Invokes a function on behalf of API Gateway: with its permission, and within the integration's time. */
export async function callFunction(
  invoker: LambdaInvoker,
  target: CallTarget,
  event: unknown,
  timeoutMilliseconds: number,
  urgency: Urgency = 'request',
): Promise<CallResult> {
  if (!target.permitted) {
    const cause = `no AWS::Lambda::Permission lets API Gateway invoke ${target.functionName}`;
    return { failure: { kind: 'permission', cause } };
  }
  let timer: NodeJS.Timeout | undefined;
  // The function runs on when API Gateway stops waiting for it, as on AWS.
  const timedOut = new Promise<CallResult>((resolve) => {
    timer = setTimeout(() => {
      const cause = `${target.functionName} did not answer within ${timeoutMilliseconds} ms`;
      resolve({ failure: { kind: 'timeout', cause } });
    }, timeoutMilliseconds);
  });
  const answered = invoker.invoke(target.functionName, event, urgency).then((outcome): CallResult => {
    if ('payload' in outcome) return outcome;
    const { errorType, errorMessage } = outcome.functionError;
    const cause = `${target.functionName} failed with ${errorType}: ${errorMessage}`;
    if (isThrottled(outcome)) return { failure: { kind: 'throttled', cause } };
    return { failure: { kind: 'function', cause, error: outcome.functionError } };
  });
  const result = await Promise.race([answered, timedOut]);
  clearTimeout(timer);
  return result;
}
