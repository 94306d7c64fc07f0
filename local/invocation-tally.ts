import type { InvocationReport } from './lambda/lambda-pool.ts';

export type FunctionTally = {
  invocations: number;
  coldStarts: number;
  errors: number;
  /** Outgoing calls by `service:Operation`. */
  awsCalls: Record<string, number>;
};

/** Adds up what the functions did, so that "AWS calls per message" can be measured. */
export class InvocationTally {
  readonly #tallies = new Map<string, FunctionTally>();

  add(report: InvocationReport): void {
    const tally = this.#tallies.get(report.functionName) ?? {
      invocations: 0,
      coldStarts: 0,
      errors: 0,
      awsCalls: {},
    };
    this.#tallies.set(report.functionName, tally);
    tally.invocations += 1;
    if (report.coldStart) tally.coldStarts += 1;
    if (report.functionError !== undefined) tally.errors += 1;
    for (const [call, count] of Object.entries(report.awsCalls)) {
      tally.awsCalls[call] = (tally.awsCalls[call] ?? 0) + count;
    }
  }

  byFunction(): Record<string, FunctionTally> {
    return structuredClone(Object.fromEntries(this.#tallies));
  }
}
