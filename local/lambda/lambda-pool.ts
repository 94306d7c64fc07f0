export type LambdaFunction = {
  /** The logical id of the function in the template. */
  name: string;
  codeDirectory: string;
  handler: string;
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMegabytes: number;
  reservedConcurrency?: number;
};

export type FunctionError = { errorType: string; errorMessage: string };
export type InvocationOutcome = { payload: unknown } | { functionError: FunctionError };

export interface LambdaInvoker {
  invoke(functionName: string, event: unknown): Promise<InvocationOutcome>;
}

export type LambdaLogLine = { functionName: string; stream: 'stdout' | 'stderr'; line: string };

/** What became of one invocation, for metrics. */
export type InvocationReport = {
  functionName: string;
  requestId: string;
  /** Time the handler ran, without waiting for an environment and without init. */
  durationMilliseconds: number;
  /** Time spent waiting for an environment, init included. */
  waitMilliseconds: number;
  coldStart: boolean;
  functionError: FunctionError | undefined;
  /** Outgoing AWS calls by `service:Operation`, such as `dynamodb:GetItem`, `execute-api:PostToConnection`. */
  awsCalls: Record<string, number>;
};

export type LambdaPoolOptions = {
  functions: LambdaFunction[];
  region: string;
  accountId: string;
  /** Added to every function's environment and winning over it: the emulators' AWS_ENDPOINT_URL_<SERVICE>. */
  environment?: Record<string, string>;
  /** Environments of one function at a time where it reserves none. @default 8 */
  concurrencyPerFunction?: number;
  /** Environments of all functions together; idle ones give way to a function that needs one. @default 32 */
  maxEnvironments?: number;
  /** Modules (absolute paths) imported in each environment before the function's own: fault injection in tests. */
  preload?: string[];
  onLog?: (line: LambdaLogLine) => void;
  onInvocation?: (report: InvocationReport) => void;
};

export class LambdaPool implements LambdaInvoker {
  constructor(options: LambdaPoolOptions) {
    void options;
  }

  /** Waits, in order of arrival, for a free environment and runs the handler. Never rejects. */
  async invoke(functionName: string, event: unknown): Promise<InvocationOutcome> {
    void functionName;
    void event;
    throw new Error('not built yet');
  }

  /** Starts one environment and imports the function's code, so that its first invocation is a warm one. */
  async warm(functionName: string): Promise<void> {
    void functionName;
  }

  /** Stops every environment. Invocations that run or wait end with a function error. */
  async close(): Promise<void> {}
}
