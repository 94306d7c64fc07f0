import { Logger } from '@aws-lambda-powertools/logger';
import type { Hop } from './services/hop.ts';
import type { Report } from './services/report.ts';

/** One logger for each container. Its service name and level come from the function's environment. */
export const logger = new Logger();

/** Something went wrong and was handled: a warning, with the error's own words and nothing of the request. */
export const report: Report = (what, where, error) => {
  logger.warn(what, { ...where, ...(error instanceof Error && { error }) });
};

type Facts = Record<string, string | number | undefined>;

/** Of each step, so many are named in an invocation's line and the rest counted: a line is paid for by its length. */
const hopsNamed = 100;

/** What the current invocation is about, as far as it is known. A container has one invocation at a time. */
let facts: Facts = {};
let hops = new Map<string, { named: Facts[]; count: number }>();

/** Adds to what the line about the current invocation says. */
export function mention(further: Facts): void {
  Object.assign(facts, further);
}

/** A line of its own at DEBUG; part of the invocation's line at any level. */
export const hop: Hop = (step, ids) => {
  logger.debug(step, ids);
  const ofStep = hops.get(step) ?? { named: [], count: 0 };
  hops.set(step, ofStep);
  ofStep.count += 1;
  if (ofStep.named.length < hopsNamed) ofStep.named.push(ids);
};

/** What was mentioned since the last call, each step with its count where not all of it is named. */
export function takeMentioned() {
  const steps = [...hops].flatMap(([step, { named, count }]) => [
    [step, named],
    ...(count > named.length ? [[`${step}Count`, count]] : []),
  ]);
  const mentioned = { ...facts, ...Object.fromEntries(steps) };
  facts = {};
  hops = new Map();
  return mentioned;
}
