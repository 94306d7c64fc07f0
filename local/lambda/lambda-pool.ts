import { ExecutionEnvironment } from './execution-environment.ts';

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

export type LambdaLogLine = {
  functionName: string;
  stream: 'stdout' | 'stderr';
  line: string;
  /** The invocation during or after which it was written; none for what the init wrote. */
  invocationId?: string;
};

/** What became of one invocation, for metrics. */
export type InvocationReport = {
  functionName: string;
  /** The function's `context.awsRequestId`. */
  invocationId: string;
  /** How long the handler ran. */
  durationMilliseconds: number;
  /** Time spent waiting for an environment and for its init. */
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
  /** Environments of one function at a time where it reserves none. @default 4 */
  concurrencyPerFunction?: number;
  /**
   * Environments of all functions together; idle ones give way to a function that needs one. Each takes some 25 MB.
   * @default 24
   */
  maxEnvironments?: number;
  /** How long an environment may idle before it is given up, but for the last one of its function. @default 60,000 */
  idleMilliseconds?: number;
  /** Modules (absolute paths) imported in each environment before the function's own: fault injection in tests. */
  preload?: string[];
  onLog?: (line: LambdaLogLine) => void;
  onInvocation?: (report: InvocationReport) => void;
};

type Waiting = {
  order: number;
  event: unknown;
  since: number;
  resolve: (outcome: InvocationOutcome) => void;
};

type PooledFunction = {
  lambda: LambdaFunction;
  limit: number;
  queue: Waiting[];
  idle: ExecutionEnvironment[];
  /** Busy ones and idle ones. */
  environments: Set<ExecutionEnvironment>;
};

const closedError: FunctionError = {
  errorType: 'Runtime.PoolClosed',
  errorMessage: 'the Lambda pool is closed',
};

/**
 * Runs functions in worker threads. Where AWS would throttle (no environment free, reserved concurrency used up) an
 * invocation waits its turn instead: a laptop has two cores, and its callers should not have to be retried for that.
 */
export class LambdaPool implements LambdaInvoker {
  readonly #options: LambdaPoolOptions;
  readonly #functions = new Map<string, PooledFunction>();
  readonly #maxEnvironments: number;
  readonly #idleCheck: NodeJS.Timeout;
  #arrivals = 0;
  #closed = false;

  constructor(options: LambdaPoolOptions) {
    this.#options = options;
    this.#maxEnvironments = options.maxEnvironments ?? 24;
    const idleMilliseconds = options.idleMilliseconds ?? 60_000;
    this.#idleCheck = setInterval(() => this.#discardIdle(idleMilliseconds), idleMilliseconds / 2).unref();
    const defaultLimit = options.concurrencyPerFunction ?? 4;
    for (const lambda of options.functions) {
      const limit = lambda.reservedConcurrency ?? defaultLimit;
      this.#functions.set(lambda.name, { lambda, limit, queue: [], idle: [], environments: new Set() });
    }
  }

  /** Waits, in order of arrival, for a free environment and runs the handler. Never rejects. */
  invoke(functionName: string, event: unknown): Promise<InvocationOutcome> {
    const pooled = this.#functions.get(functionName);
    if (this.#closed) return Promise.resolve({ functionError: closedError });
    if (pooled === undefined) {
      const errorMessage = `Function not found: ${functionName}`;
      return Promise.resolve({ functionError: { errorType: 'ResourceNotFoundException', errorMessage } });
    }
    // Reserving none is how one switches a function off on AWS.
    if (pooled.limit === 0) {
      const functionError = { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' };
      return Promise.resolve({ functionError });
    }
    return new Promise((resolve) => {
      this.#arrivals += 1;
      pooled.queue.push({ order: this.#arrivals, event, since: performance.now(), resolve });
      this.#dispatch();
    });
  }

  /** Starts an environment if there is none and imports the function's code, so that the first invocation is warm. */
  async warm(functionName: string): Promise<void> {
    const pooled = this.#functions.get(functionName);
    if (this.#closed || pooled === undefined || pooled.environments.size > 0 || pooled.limit === 0) return;
    if (this.environmentCount >= this.#maxEnvironments) return;
    const environment = this.#start(pooled);
    pooled.idle.push(environment);
    await environment.initialized();
  }

  /** Environments that run or idle. */
  get environmentCount(): number {
    let count = 0;
    for (const { environments } of this.#functions.values()) count += usable(environments);
    return count;
  }

  /** Stops every environment. Invocations that run or wait end with a function error. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#idleCheck);
    const stopping: Promise<void>[] = [];
    for (const pooled of this.#functions.values()) {
      for (const waiting of pooled.queue.splice(0)) waiting.resolve({ functionError: closedError });
      for (const environment of pooled.environments) stopping.push(environment.stop());
    }
    await Promise.all(stopping);
  }

  /** Starts whatever may start now, oldest arrival first. */
  #dispatch(): void {
    for (;;) {
      const ready = [...this.#functions.values()].filter(
        (pooled) => pooled.queue.length > 0 && this.#hasRoom(pooled),
      );
      ready.sort((a, b) => (a.queue[0]?.order ?? 0) - (b.queue[0]?.order ?? 0));
      const pooled = ready[0];
      const waiting = pooled?.queue.shift();
      if (pooled === undefined || waiting === undefined) return;
      void this.#run(pooled, this.#take(pooled), waiting);
    }
  }

  #hasRoom(pooled: PooledFunction): boolean {
    if (pooled.idle.some((environment) => environment.usable)) return true;
    if (usable(pooled.environments) >= pooled.limit) return false;
    return this.environmentCount < this.#maxEnvironments || this.#leastRecentlyUsedIdle() !== undefined;
  }

  #take(pooled: PooledFunction): ExecutionEnvironment {
    for (let idle = pooled.idle.pop(); idle !== undefined; idle = pooled.idle.pop()) {
      if (idle.usable) return idle;
      this.#discard(pooled, idle);
    }
    if (this.environmentCount >= this.#maxEnvironments) {
      const victim = this.#leastRecentlyUsedIdle();
      if (victim !== undefined) this.#discard(victim.pooled, victim.environment);
    }
    return this.#start(pooled);
  }

  async #run(pooled: PooledFunction, environment: ExecutionEnvironment, waiting: Waiting): Promise<void> {
    const coldStart = environment.invocations === 0;
    const { requestId, outcome, awsCalls, durationMilliseconds } = await environment.invoke(waiting.event);
    if (environment.usable && !this.#closed) pooled.idle.push(environment);
    else this.#discard(pooled, environment);
    this.#options.onInvocation?.({
      functionName: pooled.lambda.name,
      invocationId: requestId,
      durationMilliseconds,
      waitMilliseconds: performance.now() - waiting.since - durationMilliseconds,
      coldStart,
      functionError: 'functionError' in outcome ? outcome.functionError : undefined,
      awsCalls,
    });
    waiting.resolve(outcome);
    if (!this.#closed) this.#dispatch();
  }

  #start(pooled: PooledFunction): ExecutionEnvironment {
    const environment = new ExecutionEnvironment({
      lambda: pooled.lambda,
      region: this.#options.region,
      accountId: this.#options.accountId,
      environment: this.#options.environment ?? {},
      preload: this.#options.preload ?? [],
      onLog: this.#options.onLog ?? (() => undefined),
    });
    pooled.environments.add(environment);
    return environment;
  }

  /** Bursts leave more environments behind than the functions need later. */
  #discardIdle(idleMilliseconds: number): void {
    const since = performance.now() - idleMilliseconds;
    for (const pooled of this.#functions.values()) {
      for (const environment of pooled.idle.filter(({ lastUsed }) => lastUsed < since)) {
        if (pooled.environments.size > 1) this.#discard(pooled, environment);
      }
    }
  }

  #discard(pooled: PooledFunction, environment: ExecutionEnvironment): void {
    pooled.environments.delete(environment);
    pooled.idle = pooled.idle.filter((idle) => idle !== environment);
    void environment.stop();
  }

  #leastRecentlyUsedIdle(): { pooled: PooledFunction; environment: ExecutionEnvironment } | undefined {
    return [...this.#functions.values()]
      .flatMap((pooled) => pooled.idle.map((environment) => ({ pooled, environment })))
      .sort((a, b) => a.environment.lastUsed - b.environment.lastUsed)[0];
  }
}

/** Those that crashed take no room while they end. */
function usable(environments: ReadonlySet<ExecutionEnvironment>): number {
  let count = 0;
  for (const environment of environments) if (environment.usable) count += 1;
  return count;
}
