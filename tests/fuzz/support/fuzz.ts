import fc from 'fast-check';
import { test } from 'vitest';
import { settings } from './settings.ts';

/** How much of the time of `npm run fuzz` one property takes, and how many cases of it `npm test` runs. */
export type Effort = { share: number; runs: number };

/** Where a number of cases is wanted: all of them are tried long before, and a failed one is made smaller until then. */
const limitMs = 60_000;

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
  const interruptAfterTimeLimit = budgetMs ?? limitMs;
  // A case that is under way is not interrupted.
  const timeout = interruptAfterTimeLimit + limitMs;
  test(name, { timeout }, async () => {
    const property = fc.asyncProperty(inputs, async (input) => {
      await holds(input);
    });
    const outcome = await fc.check(property, {
      seed,
      ...(path === undefined ? {} : { path }),
      numRuns: budgetMs === undefined ? runs : Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit,
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
