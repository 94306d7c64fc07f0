/** Tries requirements one after another. A loop of our own: test runners know of names, but not of sections and gaps. */
import type { Cast } from './cast.ts';
import { Missing, type Requirement, Skipped } from './requirement.ts';
import { within } from './target.ts';

export type Outcome = {
  id: string;
  section: string;
  promise: string;
  /** `missing`: the server does not know this part of the protocol. */
  status: 'passed' | 'failed' | 'skipped' | 'missing';
  /** Why, where it did not pass. */
  reason?: string;
  milliseconds: number;
};

/** Longer than any wait inside, so that the wait's own words are what is told. */
const requirementMs = 120_000;

export async function runRequirements(
  requirements: readonly Requirement[],
  cast: Cast,
  tell: (outcome: Outcome) => void = () => undefined,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const requirement of requirements) {
    const outcome = await tryRequirement(requirement, cast);
    outcomes.push(outcome);
    tell(outcome);
  }
  return outcomes;
}

export async function tryRequirement(requirement: Requirement, cast: Cast): Promise<Outcome> {
  const { id, section, promise } = requirement;
  const begun = performance.now();
  const ended = (status: Outcome['status'], reason?: string): Outcome => ({
    id,
    section,
    promise,
    status,
    ...(reason !== undefined && { reason }),
    milliseconds: Math.round(performance.now() - begun),
  });
  try {
    await within(requirement.holds(cast), requirementMs, () => id);
    return ended('passed');
  } catch (error) {
    const reason = reasonOf(error);
    if (error instanceof Skipped) return ended('skipped', reason);
    return ended(error instanceof Missing ? 'missing' : 'failed', reason);
  }
}

/** `fetch` says why it failed in the cause only. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
