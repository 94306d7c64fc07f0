import { ExecutionEnvironment } from './execution-environment.ts';
import { type Urgency, WaitingLine } from './waiting-line.ts';

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
  /** @param urgency of those that wait for their turn, the most urgent go first. @default 'request' */
  invoke(functionName: string, event: unknown, urgency?: Urgency): Promise<InvocationOutcome>;
}

export type LambdaLogLine = {
  functionName: string;
  stream: 'stdout' | 'stderr';
  line: string;
  /** The invocation during or after which it was written; none for what the init wrote. */
  invocationId?: string;
};

/** The outcome of one invocation, for metrics. */
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
  /** Invocations of all functions together that run at a time: at least 2, and fewer than `maxEnvironments`. @default 16 */
  concurrency?: number;
  /** How many requests of one function may wait for their turn; one more is throttled. @default 250 */
  maxWaiting?: number;
  /** How long a request may wait for its turn; then it is throttled. @default 5,000 */
  patienceMilliseconds?: number;
  /**
   * Environments of all functions together, some 25 MB each. Beyond it an idle one gives way, at once to a function that has
   * none, and to another after `keptMilliseconds`. @default 24
   */
  maxEnvironments?: number;
  /** How long an idle environment is kept from a function that has another one. @default 1,000 */
  keptMilliseconds?: number;
  /** How long an environment may idle before it is given up, but for the last one of its function. @default 60,000 */
  idleMilliseconds?: number;
  /** Modules (absolute paths) imported in each environment before the function's own: fault injection in tests. */
  preload?: string[];
  onLog?: (line: LambdaLogLine) => void;
  onInvocation?: (report: InvocationReport) => void;
};

type PooledFunction = {
  lambda: LambdaFunction;
  limit: number;
  idle: ExecutionEnvironment[];
  /** Busy ones and idle ones. */
  environments: Set<ExecutionEnvironment>;
};

type Invocation = {
  pooled: PooledFunction;
  event: unknown;
  urgency: Urgency;
  since: number;
  resolve: (outcome: InvocationOutcome) => void;
};

const closedError: FunctionError = {
  errorType: 'Runtime.PoolClosed',
  errorMessage: 'the Lambda pool is closed',
};

/** docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export const throttledError: FunctionError = {
  errorType: 'TooManyRequestsException',
  errorMessage: 'Rate Exceeded.',
};

/** Whether the function was not run, because as many run as may. One that ran may have failed with an error of that name. */
export function isThrottled(outcome: InvocationOutcome): boolean {
  return 'functionError' in outcome && outcome.functionError === throttledError;
}

/**
 * Runs functions in worker threads. Where AWS would throttle at once (no environment free, reserved concurrency used up) a
 * request waits a little for its turn: a laptop has few cores, and a burst is no overload. What waits is bounded in number
 * and time, and is throttled beyond that, so that an overload is refused instead of hoarded. Events wait for as long as it
 * takes: each poller of a queue or stream holds one batch, and would only retry.
 */
export class LambdaPool implements LambdaInvoker {
  readonly #options: LambdaPoolOptions;
  readonly #functions = new Map<string, PooledFunction>();
  readonly #maxEnvironments: number;
  readonly #concurrency: number;
  readonly #idleCheck: NodeJS.Timeout;
  readonly #line: WaitingLine<Invocation>;
  #running = 0;
  #runningEvents = 0;
  #closed = false;

  constructor(options: LambdaPoolOptions) {
    this.#options = options;
    this.#maxEnvironments = options.maxEnvironments ?? 24;
    this.#concurrency = options.concurrency ?? 16;
    if (this.#concurrency < 2)
      throw new RangeError('concurrency is at least 2: one for requests, one for events');
    this.#line = new WaitingLine({
      maxWaiting: options.maxWaiting ?? 250,
      patienceMilliseconds: options.patienceMilliseconds ?? 5_000,
      laneOf: ({ pooled }) => pooled,
      onRefused: ({ resolve }) => resolve({ functionError: throttledError }),
    });
    const idleMilliseconds = options.idleMilliseconds ?? 60_000;
    this.#idleCheck = setInterval(() => this.#discardIdle(idleMilliseconds), idleMilliseconds / 2).unref();
    const defaultLimit = options.concurrencyPerFunction ?? 4;
    for (const lambda of options.functions) {
      const limit = lambda.reservedConcurrency ?? defaultLimit;
      this.#functions.set(lambda.name, { lambda, limit, idle: [], environments: new Set() });
    }
  }

  /** Waits, by urgency and in order of arrival, for a free environment and runs the handler. Never rejects. */
  invoke(functionName: string, event: unknown, urgency: Urgency = 'request'): Promise<InvocationOutcome> {
    const pooled = this.#functions.get(functionName);
    if (this.#closed) return Promise.resolve({ functionError: closedError });
    if (pooled === undefined) {
      const errorMessage = `Function not found: ${functionName}`;
      return Promise.resolve({ functionError: { errorType: 'ResourceNotFoundException', errorMessage } });
    }
    // Reserving none is how one switches a function off on AWS.
    if (pooled.limit === 0) return Promise.resolve({ functionError: throttledError });
    return new Promise((resolve) => {
      this.#line.join({ pooled, event, urgency, since: performance.now(), resolve }, urgency);
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
    for (const { resolve } of this.#line.clear()) resolve({ functionError: closedError });
    const stopping: Promise<void>[] = [];
    for (const pooled of this.#functions.values()) {
      for (const environment of pooled.environments) stopping.push(environment.stop());
    }
    await Promise.all(stopping);
  }

  /** Starts whatever may start now. */
  #dispatch(): void {
    while (this.#running < this.#concurrency) {
      const next = this.#line.next(({ pooled, urgency }) => this.#mayRun(urgency) && this.#hasRoom(pooled));
      if (next === undefined) return;
      void this.#run(next, this.#take(next.pooled));
    }
  }

  /** Neither starves the other: half of the room is kept from events, so that clients are answered, and a third is kept for them. */
  #mayRun(urgency: Urgency): boolean {
    const share = (part: number) => Math.max(1, Math.floor(this.#concurrency / part));
    if (urgency === 'event') return this.#runningEvents < share(2);
    return this.#running - this.#runningEvents < Math.max(1, this.#concurrency - share(3));
  }

  /** A function that has an environment waits for it rather than take one in use: a cold start costs more than most runs. */
  #hasRoom(pooled: PooledFunction): boolean {
    if (pooled.idle.some((environment) => environment.usable)) return true;
    const count = usable(pooled.environments);
    if (count >= pooled.limit) return false;
    if (this.environmentCount < this.#maxEnvironments) return true;
    const idlest = this.#leastRecentlyUsedIdle()?.environment;
    return (
      idlest !== undefined &&
      (count === 0 || idlest.lastUsed < performance.now() - (this.#options.keptMilliseconds ?? 1_000))
    );
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

  async #run(invocation: Invocation, environment: ExecutionEnvironment): Promise<void> {
    const { pooled, event, urgency, since, resolve } = invocation;
    const isEvent = urgency === 'event';
    const coldStart = environment.invocations === 0;
    this.#running += 1;
    if (isEvent) this.#runningEvents += 1;
    const { requestId, outcome, awsCalls, durationMilliseconds } = await environment.invoke(event);
    this.#running -= 1;
    if (isEvent) this.#runningEvents -= 1;
    if (environment.usable && !this.#closed) pooled.idle.push(environment);
    else this.#discard(pooled, environment);
    this.#options.onInvocation?.({
      functionName: pooled.lambda.name,
      invocationId: requestId,
      durationMilliseconds,
      waitMilliseconds: performance.now() - since - durationMilliseconds,
      coldStart,
      functionError: 'functionError' in outcome ? outcome.functionError : undefined,
      awsCalls,
    });
    resolve(outcome);
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
