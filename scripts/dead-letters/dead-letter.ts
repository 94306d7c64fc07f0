import { createHash } from 'node:crypto';
import type { ErasureJob } from '../../shared/domain/erasure-job.ts';
import type { FanOutJob } from '../../shared/domain/fan-out-job.ts';
import type { StreamRecord } from '../stream/record-writer.ts';

export type LostRecord = StreamRecord & {
  /** `shardId:sequenceNumber` of where it was in the stream. */
  eventId: string;
};

export type Contents =
  | { kind: 'records'; records: LostRecord[] }
  | { kind: 'job'; job: FanOutJob | ErasureJob }
  /** Written by something else than Parley, or cut off: only to be looked at and discarded. */
  | { kind: 'unreadable'; text: string };

/** Something that was given up, and waits for a person. */
export type DeadLetter = {
  /** The same each time it is listed, wherever it lies. */
  id: string;
  place: 'dead-letter queue' | 'failure bucket' | 'fan-out dead-letter queue' | 'erasure dead-letter queue';
  reason: string;
  since: Date | undefined;
  /** Of two with records of one conversation, the one that was given up with the lower position goes first. */
  position: bigint;
  size: { records: number; partitionKeys: string[] };
  contents(): Promise<Contents>;
  /** Puts it back to where it came from. Doing it twice stores and shows nothing twice. */
  putBack(): Promise<void>;
  /** Deletes it from where it waits. */
  remove(): Promise<void>;
};

/** Where dead letters wait. What was listed may be hidden from others until `release`. */
export interface DeadLetterPlace {
  list(limit: number): Promise<DeadLetter[]>;
  /** How many there are, about, those included that cannot be listed yet. */
  count(): Promise<number>;
  release(): Promise<void>;
}

/** Ten digits: among a hundred thousand dead letters, two alike are a chance of one in two hundred. */
export function deadLetterId(place: string, name: string): string {
  return createHash('sha256').update(`${place}\n${name}`).digest('hex').slice(0, 10);
}

/** The number of `shardId:sequenceNumber`. */
export function positionOf(eventId: string): bigint {
  const digits = /(\d+)$/.exec(eventId)?.[1];
  return digits === undefined ? 0n : BigInt(digits);
}
