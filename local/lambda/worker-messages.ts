import type { FunctionError } from './lambda-pool.ts';

/** What the pool and the worker of an execution environment say to each other. Payloads travel as JSON text, as on AWS. */

export type WorkerSettings = {
  codeDirectory: string;
  handler: string;
  preload: string[];
};

export type InvokeMessage = {
  requestId: string;
  eventJson: string;
  /** Epoch milliseconds. */
  deadline: number;
  functionArn: string;
};

export type AwsCalls = Record<string, number>;

export type WorkerMessage =
  | { type: 'ready' }
  | { type: 'initError'; error: FunctionError }
  | { type: 'result'; requestId: string; payloadJson: string; awsCalls: AwsCalls }
  /** `requestId` is undefined where the error came outside of an invocation; a fatal one ends the environment. */
  | {
      type: 'error';
      requestId: string | undefined;
      error: FunctionError;
      awsCalls: AwsCalls;
      fatal: boolean;
    };
