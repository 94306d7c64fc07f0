import { randomUUID } from 'node:crypto';
import type { Log } from '../emulators/emulator.ts';
import { type InvocationOutcome, isThrottled, type LambdaInvoker } from '../lambda/lambda-pool.ts';
import type { Backoff } from './backoff.ts';
import { type ItemFailures, itemFailures } from './batch-item-failures.ts';
import type { DiscardedBatch, FailureDestination } from './failure-destination.ts';
import type { KinesisMappingSettings } from './kinesis-settings.ts';
import { pause } from './pause.ts';
import { type KinesisEventOrigin, kinesisEvent, type StreamRecord } from './stream-record.ts';

export type DeliveryOptions = {
  mappingId: string;
  functionName: string;
  functionArn: string;
  origin: KinesisEventOrigin;
  settings: KinesisMappingSettings;
  /** How long the stream keeps records: no record is tried for longer, whatever the settings say. */
  retentionSeconds: number;
  invoker: LambdaInvoker;
  destination: FailureDestination | undefined;
  backoff: Backoff;
  now: () => number;
  log: Log;
  signal: AbortSignal;
};

export type DeliveryCounters = {
  invocations: number;
  failedInvocations: number;
  recordsDelivered: number;
  recordsDiscarded: number;
  /** Age of the last record of the batch that was finished last: Lambda's IteratorAge metric. */
  iteratorAgeMilliseconds: number;
};

/** Called with records, in order, once nothing more will be done about them. */
type Settled = (records: readonly StreamRecord[]) => void;

/** One invocation's verdict: the records before `failedFrom` succeeded. */
type Attempt = { requestId: string; functionError: 'Unhandled' | null; failedFrom: number };

/**
 * Brings a batch to the function until each of its records has succeeded or been given up.
 *
 * A batch that fails is split in two where bisecting is on (at the reported sequence number if there is one: what
 * lies before it has succeeded), and a split costs no retry; otherwise it is tried again, up to the retry and age limits.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export class BatchDelivery {
  readonly counters: DeliveryCounters = {
    invocations: 0,
    failedInvocations: 0,
    recordsDelivered: 0,
    recordsDiscarded: 0,
    iteratorAgeMilliseconds: 0,
  };
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Returns early, with records unsettled, only when the signal is raised. */
  async deliver(batch: readonly StreamRecord[], settled: Settled): Promise<void> {
    const { settings, signal, backoff } = this.#options;
    let records = batch;
    let last: Attempt | undefined;
    let invocations = 0;
    for (let retries = 0; ; ) {
      const expired = this.#countExpired(records);
      if (expired > 0) {
        await this.#discard(records.slice(0, expired), 'RecordAgeExceeded', invocations, last);
        settled(records.slice(0, expired));
        records = records.slice(expired);
      }
      if (records.length === 0 || signal.aborted) return;

      const attempt = await this.#invoke(records);
      if (attempt === undefined) {
        // The function has not failed, so this costs no retry.
        await pause(backoff(1), signal);
        continue;
      }
      // Our own closing may have cut the function off: that is no failure of the records.
      if (signal.aborted && attempt.failedFrom === 0) return;
      last = attempt;
      invocations += 1;
      if (last.failedFrom > 0) {
        const succeeded = records.slice(0, last.failedFrom);
        this.#countDelivered(succeeded);
        settled(succeeded);
        records = records.slice(last.failedFrom);
        if (records.length === 0) return;
      }
      if (settings.bisectBatchOnFunctionError) {
        if (last.failedFrom > 0) continue;
        if (records.length > 1) {
          const middle = Math.ceil(records.length / 2);
          await this.deliver(records.slice(0, middle), settled);
          return this.deliver(records.slice(middle), settled);
        }
      }
      if (settings.maximumRetryAttempts >= 0 && retries >= settings.maximumRetryAttempts) {
        await this.#discard(records, 'RetryAttemptsExhausted', invocations, last);
        return settled(records);
      }
      retries += 1;
      await pause(backoff(retries), signal);
    }
  }

  /** Undefined if the function could not be invoked at all. */
  async #invoke(records: readonly StreamRecord[]): Promise<Attempt | undefined> {
    const { invoker, functionName, origin, settings, log } = this.#options;
    let outcome: InvocationOutcome;
    try {
      outcome = await invoker.invoke(functionName, kinesisEvent(records, origin));
    } catch (error) {
      log(`${functionName} could not be invoked: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
    if (isThrottled(outcome)) return undefined;
    const identifiers = new Set(records.map((record) => record.sequenceNumber));
    const failures = itemFailures(outcome, identifiers, settings.reportBatchItemFailures);
    this.counters.invocations += 1;
    if (failures !== 'none') this.counters.failedInvocations += 1;
    return {
      requestId: randomUUID(),
      functionError: 'functionError' in outcome ? 'Unhandled' : null,
      failedFrom: firstFailure(records, failures),
    };
  }

  async #discard(
    records: readonly StreamRecord[],
    condition: DiscardedBatch['condition'],
    invocations: number,
    lastInvocation: Attempt | undefined,
  ): Promise<void> {
    const { destination, mappingId, functionArn, origin, now, log, backoff, signal, functionName } =
      this.#options;
    const [first, ...rest] = records;
    if (first === undefined) return;
    this.counters.recordsDiscarded += records.length;
    log(
      `${functionName}: gave up ${records.length} records from ${first.sequenceNumber} of ${first.shardId}: ${condition}`,
    );
    const batch: DiscardedBatch = {
      mappingId,
      functionArn,
      streamArn: origin.streamArn,
      condition,
      records: [first, ...rest],
      invocations,
      lastInvocation,
      event: kinesisEvent(records, origin),
      discardedAt: new Date(now()),
    };
    // Settling before the destination has it would lose the records for good.
    for (let attempt = 1; destination !== undefined && !signal.aborted; attempt++) {
      try {
        return await destination.send(batch);
      } catch (error) {
        log(`${functionName}: the on-failure destination: ${error instanceof Error ? error.message : error}`);
        await pause(backoff(attempt), signal);
      }
    }
  }

  /** Records arrive in order of age, so those too old are the first ones. */
  #countExpired(records: readonly StreamRecord[]): number {
    const { settings, retentionSeconds, now } = this.#options;
    const limit = settings.maximumRecordAgeSeconds;
    const seconds = limit < 0 ? retentionSeconds : Math.min(limit, retentionSeconds);
    const oldest = now() - seconds * 1000;
    const kept = records.findIndex((record) => record.arrivedAt >= oldest);
    return kept < 0 ? records.length : kept;
  }

  #countDelivered(records: readonly StreamRecord[]): void {
    this.counters.recordsDelivered += records.length;
    const last = records.at(-1);
    if (last !== undefined) {
      this.counters.iteratorAgeMilliseconds = Math.max(0, this.#options.now() - last.arrivedAt);
    }
  }
}

/** The lowest sequence number reported is the checkpoint: everything from there on comes again. */
function firstFailure(records: readonly StreamRecord[], failures: ItemFailures): number {
  if (failures === 'none') return records.length;
  if (failures === 'all') return 0;
  return records.findIndex((record) => failures.has(record.sequenceNumber));
}
