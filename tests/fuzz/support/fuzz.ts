import fc from 'fast-check';
import { test } from 'vitest';
import { settings } from './settings.ts';

/** How much of the time of `npm run fuzz` one property takes, and how many cases of it `npm test` runs. */
export type Effort = { share: number; runs: number };

/** A failed case is tried again as often as this, at most, to find a smaller one. */
const shrinkingMs = 60_000;

/** A test of one property, that says on failure how to repeat it. */
export function fuzz<Input>(
  name: string,
  { share, runs }: Effort,
  inputs: fc.Arbitrary<Input>,
  holds: (input: Input) => void | Promise<void>,
  show: (input: Input) => unknown = (input) => input,
): void {
  const { minutes, seed, path } = settings;
  const budgetMs = minutes === undefined ? undefined : minutes * 60_000 * share;
  const timeout = (budgetMs ?? 60_000) + 2 * shrinkingMs;
  test(name, { timeout }, async () => {
    const property = fc.asyncProperty(inputs, async (input) => {
      await holds(input);
    });
    const outcome = await fc.check(property, {
      seed,
      ...(path === undefined ? {} : { path }),
      numRuns: budgetMs === undefined ? runs : Number.MAX_SAFE_INTEGER,
      ...(budgetMs !== undefined && { interruptAfterTimeLimit: budgetMs }),
      // A case is tried again for a while only: what it does to the tables may not be repeatable.
      ...(budgetMs === undefined && { interruptAfterTimeLimit: 60_000 + shrinkingMs }),
    });
    if (outcome.counterexample === null) return;
    const [input] = outcome.counterexample;
    throw new Error(failure(name, outcome.counterexamplePath ?? '', show(input), outcome.errorInstance), {
      cause: outcome.errorInstance,
    });
  });
}

/** The longest case that is shown whole. */
const shownCharacters = 2_000;

function failure(name: string, path: string, input: unknown, error: unknown): string {
  const text = JSON.stringify(input) ?? 'undefined';
  const shown =
    text.length <= shownCharacters
      ? text
      : `${text.slice(0, shownCharacters)}… (${text.length} characters in all)`;
  const repeat = `npm run fuzz -- --seed ${settings.seed} --path ${path} --only ${JSON.stringify(name)}`;
  return [error instanceof Error ? error.message : String(error), `Case: ${shown}`, `Repeat: ${repeat}`].join(
    '\n\n',
  );
}
