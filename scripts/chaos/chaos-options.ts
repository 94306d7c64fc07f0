import { changesOf, defaultChanges, parseGroups } from '../load/load-options.ts';
import { durationOf, givenOptions, numberOf, UsageError } from '../load/option-values.ts';
import type { GroupSpec } from '../load/population.ts';
import { type FaultKind, faultKinds } from './plan.ts';

export type ChaosOptions = {
  seed: number;
  durationMs: number;
  users: number;
  groups: GroupSpec[];
  directs: number;
  rate: number;
  changes: number;
  settleMs: number;
  kinds: FaultKind[];
  planOnly: boolean;
  reportDirectory: string;
};

const allKinds = Object.keys(faultKinds) as FaultKind[]; // The keys of a literal are its type's keys.

export const chaosUsage = `Usage: npm run chaos -- [options]

A load test on an embedded runtime that is killed, slowed down, cut off and lied to meanwhile, and the same
verification as npm run loadtest at its end. Exits 1 where that fails, or where a planned kind of fault never struck.

  --seed S         the plan: the same faults at the same times     default drawn, and printed
  --duration D     how long messages are sent: 30s to 1h           default 10m
  --faults LIST    only these kinds: ${allKinds.slice(0, 5).join(',')},
                   ${allKinds.slice(5).join(',')}                         default all
  --no-cache       without a cache, where there is no redis-server
  --plan           prints the plan and ends
  --users N        from 4 to 500                                   default 30
  --groups SPEC    as of loadtest                                  default 3x8,1x20
  --dms N          conversations of two                            default half as many as users
  --rate R         messages per second                             default 8
  --changes N      changes to messages for each 100 messages     default ${defaultChanges}
  --settle D       how long the last messages may take             default 4m
  --report DIR     where the JSON and HTML reports go              default reports`;

/** `undefined` where help is asked for. */
export function parseChaosOptions(args: string[], drawnSeed: number): ChaosOptions | undefined {
  const names = [
    'seed',
    'duration',
    'faults',
    'users',
    'groups',
    'dms',
    'rate',
    'changes',
    'settle',
    'report',
  ] as const;
  const { values, flags } = givenOptions(args, names, ['help', 'plan', 'no-cache']);
  if (flags.has('help')) return undefined;
  const users = numberOf('users', values.users ?? '30', { min: 4, max: 500 });
  return {
    seed: numberOf('seed', values.seed ?? String(drawnSeed), { min: 0, max: 2 ** 32 - 1 }),
    durationMs: durationOf('duration', values.duration ?? '10m', { minMs: 30_000, maxMs: 3_600_000 }),
    users,
    groups: parseGroups(values.groups ?? `3x${Math.min(8, users)},1x${Math.min(20, users)}`, users),
    directs: numberOf('dms', values.dms ?? String(Math.floor(users / 2)), { min: 1, max: users }),
    rate: numberOf('rate', values.rate ?? '8', { min: 1, max: users * 2, fractions: true }),
    changes: changesOf(values.changes),
    settleMs: durationOf('settle', values.settle ?? '4m', { minMs: 30_000, maxMs: 900_000 }),
    kinds: kindsOf(values.faults).filter((kind) => kind !== 'cache' || !flags.has('no-cache')),
    planOnly: flags.has('plan'),
    reportDirectory: values.report ?? 'reports',
  };
}

function kindsOf(text: string | undefined): FaultKind[] {
  if (text === undefined) return allKinds;
  return text.split(',').map((name) => {
    const kind = allKinds.find((known) => known === name.trim());
    if (kind === undefined)
      throw new UsageError(`--faults is a list of ${allKinds.join(', ')}, not "${text}".`);
    return kind;
  });
}
