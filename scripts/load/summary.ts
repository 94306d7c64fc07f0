import type { Histogram } from 'hdr-histogram-js';
import { milliseconds } from './histogram.ts';
import type { LoadOutcome, LoadPlan } from './load-run.ts';
import type { Second } from './measurements.ts';
import { durationText } from './option-values.ts';
import type { Verdict } from './verify.ts';

export const percentiles = [50, 75, 90, 95, 99, 99.9, 100] as const;

export type LatencySummary = {
  name: string;
  count: number;
  meanMs: number;
  /** By percentile, in milliseconds. */
  percentiles: Record<string, number>;
  /** For drawing: percentile and milliseconds. */
  distribution: [number, number][];
};

/** All that a report shows; what the JSON report holds. */
export type Summary = {
  title: string;
  at: string;
  /** What the run was asked to do, in words. */
  settings: [string, string][];
  passed: boolean;
  interrupted: boolean;
  totals: Record<string, number>;
  errors: Record<string, number>;
  latencies: LatencySummary[];
  seconds: Second[];
  verdict: Verdict;
  notes: string[];
  /** Of changes to messages, none of which are in the numbers above. */
  changes?: { totals: Record<string, number>; latencies: LatencySummary[] };
  /** Of a run with faults. */
  faults?: FaultSummary;
};

export type FaultSummary = {
  counts: { kind: string; planned: number; happened: number; unit: string }[];
  struck: { second: number; kind: string; what: string }[];
};

export function summaryOf(
  title: string,
  at: Date,
  plan: LoadPlan,
  outcome: LoadOutcome,
  otherSettings: [string, string][] = [],
): Summary {
  const { measurements, verdict, interrupted, conversations } = outcome;
  const { latencies, totals, changes } = measurements;
  return {
    title,
    at: at.toISOString(),
    settings: [...otherSettings, ...settingsOf(plan)],
    passed: verdict.passed,
    interrupted,
    totals: { users: plan.users, conversations, ...totals },
    errors: Object.fromEntries(measurements.errors),
    latencies: [
      latencyOf('send → ack', latencies.acknowledged),
      latencyOf('send → stored', latencies.stored),
      latencyOf('send → other member', latencies.received),
    ],
    seconds: measurements.seconds,
    verdict,
    ...(plan.changes > 0 && {
      changes: {
        totals: { ...changes.totals },
        latencies: [
          latencyOf('change → ack', changes.latencies.acknowledged),
          latencyOf('edit → other member', changes.latencies.received),
        ],
      },
    }),
    notes: notesOn(outcome, plan),
  };
}

function settingsOf({
  users,
  groups,
  directs,
  rate,
  changes,
  durationMs,
  seed,
}: LoadPlan): [string, string][] {
  const sizes = groups.map(({ count, size }) => `${count}x${size}`).join(',');
  return [
    ['users', String(users)],
    ['groups', sizes === '' ? 'none' : sizes],
    ['conversations of two', String(directs)],
    ['messages a second', String(rate)],
    ['changes for each 100', String(changes)],
    ['for', durationText(durationMs)],
    ['seed', String(seed)],
  ];
}

/** What a reader must know to take the numbers for what they are. */
function notesOn({ measurements, repairedAtTheEnd, interrupted }: LoadOutcome, plan: LoadPlan): string[] {
  const late = milliseconds(measurements.lateness, 99);
  return [
    ...(plan.changes > 0 && measurements.changes.totals.asked === 0
      ? ['Nothing was changed, so nothing is said about changes: the run was too short.']
      : []),
    ...(interrupted ? ['The run was interrupted: this is what happened until then.'] : []),
    ...(late > 50
      ? [
          `This process could not keep to the rate of ${plan.rate} messages a second: 1 in 100 was sent ${late.toFixed(0)} ms late or later, which the latencies include.`,
        ]
      : []),
    ...(repairedAtTheEnd > 0
      ? [
          `${repairedAtTheEnd} users lacked the last messages of a conversation, or what became of them: their pushes were lost, and connecting again repaired it.`,
        ]
      : []),
  ];
}

function latencyOf(name: string, histogram: Histogram): LatencySummary {
  const distribution =
    histogram.totalCount === 0
      ? []
      : drawnPercentiles.map((one) => [one, round(milliseconds(histogram, one))] satisfies [number, number]);
  return {
    name,
    count: histogram.totalCount,
    meanMs: round(histogram.mean / 1000),
    percentiles: Object.fromEntries(
      percentiles.map((one) => [
        String(one),
        histogram.totalCount === 0 ? 0 : round(milliseconds(histogram, one)),
      ]),
    ),
    distribution,
  };
}

/** Evenly spaced on the scale of nines: 0, 90, 99, 99.9, 99.99. */
const drawnPercentiles = Array.from({ length: 41 }, (_, step) => 100 - 100 / 10 ** (step / 10));

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
