import { expect } from 'vitest';
import { echoed } from './echoes.ts';
import type { Functions, Invocation } from './functions.ts';

/** Calls of AWS that send something on its way, where it is stored or pushed later. */
const sends = /^(kinesis:Put|sqs:Send|events:Put|eventbridge:Put|execute-api:)/;

/** Allowed for one request, and for each id that it names. */
const callsOfRequest = 40;
const callsOfId = 3;

/** What holds of each invocation, whatever the event. */
export function expectBounded({ report }: Invocation, sent: string): void {
  const calls = Object.values(report.awsCalls).reduce((sum, count) => sum + count, 0);
  const ids = new Set(sent.match(/[\w-]{1,64}/g) ?? []).size;
  expect(calls, `AWS calls ${JSON.stringify(report.awsCalls)}`).toBeLessThanOrEqual(
    callsOfRequest + callsOfId * Math.min(ids, 101),
  );
}

/** What holds of one that was refused: it left nothing, and its error repeats nothing. */
export async function expectNoTrace(
  functions: Functions,
  { report }: Invocation,
  refusal: { sent: string; told: string; known: string; token: string },
): Promise<void> {
  const { sent, told, known, token } = refusal;
  expect(Object.keys(report.awsCalls).filter((call) => sends.test(call))).toEqual([]);
  expect(await functions.contents.changes()).toEqual([]);
  expect(told.includes(token), 'repeats the token').toBe(false);
  expect(echoed(sent, told, known), 'repeats what was sent').toBeUndefined();
}

const suspiciousMs = 1_500;
const allowedMs = 500;
const mostTimes = 10;

/**
 * Measures a slow one again, and one of the same length in plain ASCII. The minimum of several tries counts, since other
 * load on the machine only adds to it.
 */
export async function expectSwift(
  first: Invocation,
  again: () => Promise<Invocation>,
  plain: () => Promise<Invocation>,
): Promise<void> {
  if (first.report.durationMilliseconds < suspiciousMs) return;
  const least = async (run: () => Promise<Invocation>) => {
    const durations: number[] = [];
    for (let tried = 0; tried < 3; tried += 1) durations.push((await run()).report.durationMilliseconds);
    return Math.min(...durations);
  };
  const allowed = allowedMs + mostTimes * (await least(plain));
  expect(await least(again), 'milliseconds, by what as much ASCII takes').toBeLessThan(allowed);
}

/** No log line has the token, nor a password or text that was sent. */
export function expectDiscreetLog({ logLines }: Invocation, secrets: string[]): void {
  const told = secrets.filter(
    (secret) => secret.length > 12 && logLines.some((line) => line.includes(secret)),
  );
  expect(told, 'is in the log').toEqual([]);
}
