import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';

/**
 * What may happen to one AWS call:
 * - `before`: it fails without effect; `after`: it takes effect and its answer is lost;
 * - `conflict`: a write is refused because a transaction touches the same item (Dynoxide never does this by itself);
 * - `throttled`: refused, and the SDK tries again; `timeout`: takes effect, the SDK gives up waiting and tries again;
 * - `death`: it takes effect, and the Lambda that made it is gone before it hears so.
 */
export type Fault = 'none' | 'before' | 'after' | 'throttled' | 'conflict' | 'timeout' | 'death';

/** What others do to the conversation just before a call is made: whatever that call goes on from is then out of date. */
export type Meanwhile = 'append' | 'join' | 'leave';

/** How many of a run's calls go well for each one that does not: from a stormy run to one of single faults. */
const goodForEachFault = fc.constantFrom(30, 10, 4, 2);

/** The faults of a run's AWS calls, in the order they are made; what comes after the last goes well. */
export const faults: fc.Arbitrary<Fault[]> = goodForEachFault.chain((good) =>
  fc.array(
    fc.oneof(
      { weight: good, arbitrary: fc.constant<Fault>('none') },
      {
        weight: 1,
        arbitrary: fc.constantFrom<Fault>('before', 'after', 'throttled', 'conflict', 'timeout', 'death'),
      },
    ),
    // fast-check prefers short lists, in which little would happen.
    { minLength: 80, maxLength: 200 },
  ),
);

/** Thrown into whatever a Lambda was doing when it died; nothing it does afterwards has any effect. */
export class Died extends Error {
  override name = 'Died';
}

export type FaultyInvocation = { dead: boolean };

type Middleware = (
  next: (args: unknown) => Promise<unknown>,
  context: { commandName?: string },
) => (args: unknown) => Promise<unknown>;
type FaultyClient = { middlewareStack: { add(middleware: never, options: never): void } };

/** Draws a fault for each AWS call of a run, until told that the weather has cleared. */
export class FaultSource {
  readonly #faults: (Fault | Meanwhile)[];
  readonly #others: (what: Meanwhile) => Promise<void>;
  calls = 0;
  injected = 0;
  /** The most calls that were under way at once. */
  most = 0;
  #underWay = 0;

  constructor(
    planned: readonly (Fault | Meanwhile)[],
    others: (what: Meanwhile) => Promise<void> = async () => {},
  ) {
    this.#faults = [...planned];
    this.#others = others;
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** Makes every call of `client` subject to this source, on behalf of `invocation`. */
  inject<Client extends FaultyClient>(client: Client, invocation: FaultyInvocation): Client {
    const middleware: Middleware = (nextOne, context) => async (args) => {
      if (invocation.dead) throw new Died();
      this.calls += 1;
      const next = (one: unknown) => this.#counted(() => nextOne(one));
      const fault = this.#faults.shift() ?? 'none';
      if (fault !== 'none') this.injected += 1;
      switch (fault) {
        case 'append':
        case 'join':
        case 'leave':
          await this.#others(fault);
          return next(args);
        case 'none': {
          const result = await next(args);
          if (invocation.dead) throw new Died();
          return result;
        }
        case 'before':
          throw Object.assign(new Error('injected: failed before'), { name: 'InjectedFailure' });
        case 'throttled':
          throw Object.assign(new Error('injected: throttled'), { name: 'ThrottlingException' });
        case 'conflict':
          throw conflict(context.commandName);
        case 'after':
          await next(args);
          throw Object.assign(new Error('injected: failed after'), { name: 'InjectedFailure' });
        case 'timeout':
          await next(args);
          throw Object.assign(new Error('injected: timed out'), { name: 'TimeoutError' });
        case 'death':
          await next(args);
          invocation.dead = true;
          throw new Died();
      }
    };
    // Inside the retries of the SDK, outside the reading of the answer. The stack's types name each client's own calls.
    client.middlewareStack.add(middleware as never, { step: 'deserialize', priority: 'high' } as never);
    return client;
  }

  async #counted<T>(call: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    this.most = Math.max(this.most, this.#underWay);
    try {
      return await call();
    } finally {
      this.#underWay -= 1;
    }
  }
}

function conflict(commandName: string | undefined): Error {
  const details = { $metadata: {}, message: 'injected: conflict' };
  if (commandName !== 'TransactWriteItemsCommand') return new TransactionConflictException(details);
  return new TransactionCanceledException({
    ...details,
    CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
  });
}
