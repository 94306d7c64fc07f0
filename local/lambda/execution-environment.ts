import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { environmentVariables } from './environment-variables.ts';
import { crashError, exitError } from './exit-errors.ts';
import { MarkedLines } from './invocation-marks.ts';
import type { FunctionError, InvocationOutcome, LambdaFunction, LambdaLogLine } from './lambda-pool.ts';
import { onLines } from './log-lines.ts';
import type { AwsCalls, InvokeMessage, WorkerMessage, WorkerSettings } from './worker-messages.ts';

/**
 * Init may take ten seconds, and what takes longer is tried once more within the function's own time-out.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
const initMilliseconds = 10_000;
/** Of a synchronous invocation, each way: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxPayloadBytes = 6 * 1024 * 1024;

export type EnvironmentSettings = {
  lambda: LambdaFunction;
  region: string;
  accountId: string;
  environment: Record<string, string>;
  preload: string[];
  onLog: (line: LambdaLogLine) => void;
};

export type EnvironmentResult = {
  requestId: string;
  outcome: InvocationOutcome;
  awsCalls: AwsCalls;
  durationMilliseconds: number;
};

/** One execution environment of a function: a worker thread that runs one invocation at a time. */
export class ExecutionEnvironment {
  readonly functionName: string;
  /** When it last ran something, by `performance.now()`. */
  lastUsed = performance.now();
  invocations = 0;
  readonly #settings: EnvironmentSettings;
  readonly #functionArn: string;
  readonly #worker: Worker;
  readonly #initialized: Promise<FunctionError | undefined>;
  readonly #ended: Promise<void>;
  #running:
    | { requestId: string; settle: (outcome: InvocationOutcome, awsCalls: AwsCalls) => void }
    | undefined;
  #usable = true;

  constructor(settings: EnvironmentSettings) {
    const { lambda } = settings;
    this.#settings = settings;
    this.functionName = lambda.name;
    this.#functionArn = `arn:aws:lambda:${settings.region}:${settings.accountId}:function:${lambda.name}`;
    const workerSettings: WorkerSettings = {
      codeDirectory: lambda.codeDirectory,
      handler: lambda.handler,
      preload: settings.preload,
    };
    this.#worker = new Worker(new URL('./worker-bootstrap.ts', import.meta.url), {
      workerData: workerSettings,
      env: environmentVariables(lambda, settings.region, settings.environment),
      // Not what this process was started with (a test runner's loaders, an inspector).
      execArgv: [],
      stdout: true,
      stderr: true,
      // A heap that is left alone lets tens of megabytes of garbage gather before it looks at them, in each of two dozen
      // environments: half of what the whole runtime took.
      resourceLimits: { maxOldGenerationSizeMb: lambda.memoryMegabytes, maxYoungGenerationSizeMb: 6 },
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      const marked = new MarkedLines();
      onLines(this.#worker[stream], (text) => {
        const taken = marked.take(text);
        if (taken !== undefined) settings.onLog({ functionName: lambda.name, stream, ...taken });
      });
    }
    this.#initialized = this.#watchInit();
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#end(exitError(code));
        resolve();
      });
    });
    this.#worker.on('error', (error) => this.#end(crashError(error)));
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message));
  }

  /** False once it crashed, timed out or could not start: the next invocation needs a fresh one. */
  get usable(): boolean {
    return this.#usable;
  }

  /** Settles when the function's code is imported, with the error if that failed. */
  initialized(): Promise<FunctionError | undefined> {
    return this.#initialized;
  }

  async invoke(event: unknown): Promise<EnvironmentResult> {
    const startedInit = performance.now();
    const requestId = randomUUID();
    const initError = await this.#initialized;
    if (initError !== undefined) {
      void this.stop();
      const durationMilliseconds = performance.now() - startedInit;
      return { requestId, outcome: { functionError: initError }, awsCalls: {}, durationMilliseconds };
    }
    const started = performance.now();
    const eventJson = JSON.stringify(event) ?? 'null';
    this.invocations += 1;
    return new Promise((resolve) => {
      const timeoutMilliseconds = this.#settings.lambda.timeoutSeconds * 1000;
      const timer = setTimeout(() => {
        this.#end({
          errorType: 'Sandbox.Timedout',
          errorMessage: `RequestId: ${requestId} Error: Task timed out after ${this.#settings.lambda.timeoutSeconds.toFixed(2)} seconds`,
        });
        void this.stop();
      }, timeoutMilliseconds);
      this.#running = {
        requestId,
        settle: (outcome, awsCalls) => {
          clearTimeout(timer);
          this.#running = undefined;
          this.lastUsed = performance.now();
          resolve({ requestId, outcome, awsCalls, durationMilliseconds: this.lastUsed - started });
        },
      };
      const message: InvokeMessage = {
        requestId,
        eventJson,
        deadline: Date.now() + timeoutMilliseconds,
        functionArn: this.#functionArn,
      };
      if (!this.#usable) {
        this.#end({
          errorType: 'Runtime.ExitError',
          errorMessage: 'the environment ended between invocations',
        });
      } else if (Buffer.byteLength(eventJson) > maxPayloadBytes) {
        const errorMessage = `${Buffer.byteLength(eventJson)} byte payload is too large for the RequestResponse invocation type (limit ${maxPayloadBytes} bytes)`;
        this.#running.settle(
          { functionError: { errorType: 'RequestEntityTooLargeException', errorMessage } },
          {},
        );
      } else {
        this.#worker.postMessage(message);
      }
    });
  }

  async stop(): Promise<void> {
    this.#usable = false;
    await this.#worker.terminate();
    await this.#ended;
  }

  #watchInit(): Promise<FunctionError | undefined> {
    return new Promise((resolve) => {
      const limit = initMilliseconds + this.#settings.lambda.timeoutSeconds * 1000;
      const timer = setTimeout(() => {
        const errorMessage = `Error: Task timed out after ${(limit / 1000).toFixed(2)} seconds, in its init phase`;
        settle({ errorType: 'Sandbox.Timedout', errorMessage });
      }, limit);
      const settle = (error: FunctionError | undefined): void => {
        clearTimeout(timer);
        this.#worker.off('message', onMessage);
        if (error !== undefined) this.#usable = false;
        resolve(error);
      };
      const onMessage = (message: WorkerMessage): void => {
        if (message.type === 'ready') settle(undefined);
        else if (message.type === 'initError' || message.type === 'error') settle(message.error);
      };
      this.#worker.on('message', onMessage);
      this.#worker.once('error', (error) => settle(crashError(error)));
      this.#worker.once('exit', (code) => settle(exitError(code)));
    });
  }

  #receive(message: WorkerMessage): void {
    const running = this.#running;
    if (message.type === 'ready' || message.type === 'initError') return;
    if (message.type === 'error' && message.fatal) this.#usable = false;
    if (running === undefined || running.requestId !== message.requestId) return;
    if (message.type === 'error') {
      running.settle({ functionError: message.error }, message.awsCalls);
    } else if (Buffer.byteLength(message.payloadJson) > maxPayloadBytes) {
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${maxPayloadBytes} bytes).`;
      running.settle(
        { functionError: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } },
        message.awsCalls,
      );
    } else {
      running.settle({ payload: JSON.parse(message.payloadJson) }, message.awsCalls);
    }
  }

  #end(error: FunctionError): void {
    this.#usable = false;
    this.#running?.settle({ functionError: error }, {});
  }
}
