import { targetOptions, targetUsage } from '../deployment/find-deployment.ts';
import { givenOptions, numberOf, UsageError } from '../load/option-values.ts';
import type { Start } from '../stream/shard-reader.ts';

export type ReplayOptions = {
  /** All of them where it is not given. */
  shard: string | undefined;
  start: Start;
  until: Date;
  /** Without it nothing is put. */
  run: boolean;
  /** Also what is stored, so that inbox rows and pushes are done again. */
  redeliver: boolean;
  perSecond: number;
  stage: string | undefined;
  region: string | undefined;
};

export const replayUsage = `npm run replay -- --from <time> | --shard <id> [--from-sequence <number>] [options]

Reads the stream again, says what of it is stored and what is not, and with --run puts what is not stored into the stream
once more. What is stored is recognised, so this is safe at any time.

  --from <time>            from when on, such as 2026-11-24T10:00:00Z, or 30m for half an hour ago
  --to <time>              until when                        [now]
  --shard <id>             one shard only                    [all of them]
  --from-sequence <n>      from this record of the shard on
  --run                    do it                             [only say what would be done]
  --redeliver              also what is stored: inbox rows are mended and everybody is told again
  --rate <number>          records put a second              [200]
${targetUsage}`;

/** Kinesalite dates what comes after a split a second ahead. */
const clockDifferenceMs = 2_000;
const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `undefined` where help is wanted. Throws `UsageError`. */
export function replayOptions(args: string[], now: Date): ReplayOptions | undefined {
  const { values, flags } = givenOptions(
    args,
    ['from', 'to', 'shard', 'from-sequence', 'rate', ...targetOptions],
    ['run', 'dry-run', 'redeliver', 'help'],
  );
  if (flags.has('help')) return undefined;
  if (flags.has('run') && flags.has('dry-run')) throw new UsageError('Either --run or --dry-run.');
  const { from, to, shard, 'from-sequence': sequence } = values;
  if (from === undefined && shard === undefined && sequence === undefined) {
    throw new UsageError('From where on? Give --from, or --shard.');
  }
  if (sequence !== undefined && (shard === undefined || from !== undefined)) {
    throw new UsageError('--from-sequence goes with --shard, and instead of --from.');
  }
  if (sequence !== undefined && !/^\d+$/.test(sequence)) {
    throw new UsageError(`--from-sequence is a record's sequence number, not "${sequence}".`);
  }
  // A stream's clock may be ahead of this machine's: what is in it now is meant. What this puts is told by its numbers.
  const present = new Date(now.getTime() + clockDifferenceMs);
  const until = to === undefined ? present : timeOf('to', to, now);
  let start: Start = 'oldest';
  if (from !== undefined) start = { at: timeOf('from', from, now) };
  else if (sequence !== undefined) start = { sequenceNumber: sequence };
  if (typeof start === 'object' && 'at' in start && (start.at >= until || start.at >= now)) {
    throw new UsageError('--from is before --to, and before now.');
  }
  return {
    shard,
    start,
    until: until > now ? present : until,
    run: flags.has('run'),
    redeliver: flags.has('redeliver'),
    perSecond: numberOf('rate', values.rate ?? '200', { min: 1, max: 100_000 }),
    stage: values.stage,
    region: values.region,
  };
}

function timeOf(option: string, text: string, now: Date): Date {
  const [, amount, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return new Date(now.getTime() - Number(amount) * (unitMs[unit] ?? 0));
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const time = new Date(isTime ? text : Number.NaN);
  if (Number.isNaN(time.getTime())) {
    throw new UsageError(
      `--${option} is a time with its zone, such as 2026-11-24T10:00:00Z, or 30m for half an hour ago, not "${text}".`,
    );
  }
  return time;
}
