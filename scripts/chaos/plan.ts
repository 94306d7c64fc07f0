import { seededRandom, shuffled } from '../load/seeded-random.ts';

/** What may happen to a Parley under load, and what each means here. */
export const faultKinds = {
  kill: 'times the runtime, its emulators and all functions were killed with SIGKILL and started again',
  redeliver: 'messages in old batches that the stream delivered again, after a kill',
  death: 'invocations whose function died before or after an AWS call of its own took effect',
  throttle: 'AWS calls of functions that were throttled',
  slow: 'AWS calls of functions that were slow, some beyond the time-out',
  lostAnswer: 'AWS calls of functions that took effect and whose answer was lost',
  cut: 'sockets of clients that were cut without a word',
  clock: 'functions whose clock jumped, and jumped back',
  cache: 'calls that went to the tables while the cache was killed, restarted empty, or hung',
  duplicate: 'messages that were sent once more under the same id',
} as const;

export type FaultKind = keyof typeof faultKinds;

export type PlannedFault = {
  kind: FaultKind;
  /** After the first message. */
  atMs: number;
  /** How long it lasts; of a kill, how long the runtime is down. */
  forMs: number;
  /**
   * Of AWS calls, deaths and cuts the share that is struck; of duplicates how many; of a redelivery how far the stream
   * goes back and of a clock how far it jumps, in milliseconds.
   */
  amount: number;
  /** Of a cache that fails: it is killed, and started again empty; or it takes calls and answers none. */
  isKilled?: boolean;
  /** How long a slow call takes. */
  delayMs?: number;
};

/** Between two faults: long enough for one to be told from the next, short enough for some to overlap. */
const gapMs = 8_000;
/** What may still be going wrong when the last fault is over is part of the run. */
const calmMs = 5_000;

/** The same faults at the same times for the same seed: each kind once, in any order, and so on until the time is over. */
export function planFaults(seed: number, durationMs: number, kinds: readonly FaultKind[]): PlannedFault[] {
  const random = seededRandom(seed);
  const between = (low: number, high: number) => low + random() * (high - low);
  const gap = Math.min(gapMs, (durationMs - calmMs) / (kinds.length + 1));
  const planned: PlannedFault[] = [];
  let round: FaultKind[] = [];
  for (let slot = 1; (slot + 0.5) * gap <= durationMs - calmMs; slot += 1) {
    if (round.length === 0) round = shuffled(kinds, random);
    const kind = round.shift();
    if (kind === undefined) break;
    const atMs = Math.round((slot + between(-0.3, 0.3)) * gap);
    const forMs = Math.round(between(0.4, 1.2) * gap);
    planned.push({ kind, atMs, forMs, ...amountOf(kind, between) });
  }
  return planned;
}

function amountOf(
  kind: FaultKind,
  between: (low: number, high: number) => number,
): Pick<PlannedFault, 'amount'> & Partial<PlannedFault> {
  switch (kind) {
    case 'kill':
      return { amount: 1, forMs: Math.round(between(0, 3_000)) };
    case 'redeliver':
      return { amount: Math.round(between(5_000, 60_000)), forMs: Math.round(between(0, 1_000)) };
    case 'death':
      return { amount: between(0.05, 0.2) };
    case 'throttle':
      return { amount: between(0.1, 0.6) };
    case 'slow':
      return { amount: between(0.2, 0.8), delayMs: Math.round(between(100, 3_000)) };
    case 'lostAnswer':
      return { amount: between(0.05, 0.3) };
    case 'cut':
      return { amount: between(0.2, 1) };
    case 'clock':
      return { amount: Math.round(between(30_000, 600_000) * (between(0, 1) < 0.5 ? -1 : 1)) };
    case 'cache':
      return { amount: 1, isKilled: between(0, 1) < 0.5 };
    case 'duplicate':
      return { amount: Math.round(between(5, 30)) };
  }
}

export function faultText({ kind, forMs, amount, delayMs, isKilled }: PlannedFault): string {
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
  const share = `${Math.round(amount * 100)} %`;
  switch (kind) {
    case 'kill':
      return `down for ${seconds(forMs)}`;
    case 'redeliver':
      return `batches of the last ${seconds(amount)}, after being down for ${seconds(forMs)}`;
    case 'slow':
      return `${share} of AWS calls take ${seconds(delayMs ?? 0)}, for ${seconds(forMs)}`;
    case 'death':
    case 'throttle':
    case 'lostAnswer':
      return `${share} of AWS calls, for ${seconds(forMs)}`;
    case 'cut':
      return `${share} of the sockets`;
    case 'clock':
      return `by ${seconds(amount)}, for ${seconds(forMs)}`;
    case 'cache':
      return `${isKilled ? 'killed' : 'hung'} for ${seconds(forMs)}`;
    case 'duplicate':
      return `${amount} messages`;
  }
}
