import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Log } from '../emulators/emulator.ts';
import type { InvocationOutcome, LambdaInvoker } from '../lambda/lambda-pool.ts';
import { itemFailures } from './batch-item-failures.ts';
import { pause } from './pause.ts';
import { sqsEvent } from './sqs-event.ts';
import { RECEIVE_LIMIT, type SqsMappingSettings } from './sqs-settings.ts';

export type SqsMappingOptions = {
  functionName: string;
  queueUrl: string;
  queueArn: string;
  region: string;
  settings: SqsMappingSettings;
  sqs: SQSClient;
  invoker: LambdaInvoker;
  log: Log;
};

/** The longest that ReceiveMessage waits; it is cut short when the mapping closes. */
const LONG_POLL_SECONDS = 20;
const ERROR_PAUSE_MS = 200;
const CLOSE_GRACE_MS = 2000;

/**
 * An AWS::Lambda::EventSourceMapping whose source is an SQS queue.
 *
 * What the function fails is simply not deleted: the queue shows it again after its visibility timeout, and moves it to
 * the dead-letter queue when it has been received too often.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export class SqsMapping {
  readonly counters = { invocations: 0, failedInvocations: 0, messagesDeleted: 0 };
  readonly #options: SqsMappingOptions;
  readonly #closing = new AbortController();
  readonly #pollers: Promise<void>[] = [];

  constructor(options: SqsMappingOptions) {
    this.#options = options;
  }

  start(): void {
    for (let count = 0; count < this.#options.settings.maximumConcurrency; count++)
      this.#pollers.push(this.#poll());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const grace = new AbortController();
    await Promise.race([Promise.all(this.#pollers), pause(CLOSE_GRACE_MS, grace.signal)]);
    grace.abort();
  }

  /** Each poller has one batch at a time, so their number is the function's concurrency. */
  async #poll(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const batch = await this.#receiveBatch();
        if (batch.length > 0) await this.#process(batch);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.log(
          `SQS: ${this.#options.queueUrl}: ${error instanceof Error ? error.message : error}`,
        );
        await pause(ERROR_PAUSE_MS, signal);
      }
    }
  }

  async #receiveBatch(): Promise<Message[]> {
    const { batchSize, batchingWindowSeconds } = this.#options.settings;
    const batch = await this.#receive(Math.min(RECEIVE_LIMIT, batchSize), LONG_POLL_SECONDS);
    const windowEnd = Date.now() + batchingWindowSeconds * 1000;
    while (batch.length > 0 && batch.length < batchSize && !this.#closing.signal.aborted) {
      const secondsLeft = Math.floor((windowEnd - Date.now()) / 1000);
      if (secondsLeft < 1) break;
      batch.push(...(await this.#receive(Math.min(RECEIVE_LIMIT, batchSize - batch.length), secondsLeft)));
    }
    return batch;
  }

  async #receive(count: number, waitSeconds: number): Promise<Message[]> {
    const { Messages } = await this.#options.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#options.queueUrl,
        MaxNumberOfMessages: count,
        WaitTimeSeconds: Math.min(waitSeconds, LONG_POLL_SECONDS),
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: this.#closing.signal },
    );
    return Messages ?? [];
  }

  async #process(batch: readonly Message[]): Promise<void> {
    const { invoker, functionName, settings, region, queueArn, log } = this.#options;
    let outcome: InvocationOutcome;
    try {
      outcome = await invoker.invoke(functionName, sqsEvent(batch, { region, queueArn }));
    } catch (error) {
      log(`${functionName} could not be invoked: ${error instanceof Error ? error.message : error}`);
      return;
    }
    const identifiers = new Set(batch.flatMap(({ MessageId }) => MessageId ?? []));
    const failures = itemFailures(outcome, identifiers, settings.reportBatchItemFailures);
    this.counters.invocations += 1;
    if (failures !== 'none') this.counters.failedInvocations += 1;
    if (failures === 'all') return;
    await this.#delete(
      failures === 'none'
        ? batch
        : batch.filter(({ MessageId }) => MessageId !== undefined && !failures.has(MessageId)),
    );
  }

  async #delete(messages: readonly Message[]): Promise<void> {
    const { sqs, queueUrl, log } = this.#options;
    for (let start = 0; start < messages.length; start += RECEIVE_LIMIT) {
      const { Failed } = await sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: messages
            .slice(start, start + RECEIVE_LIMIT)
            .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
        }),
      );
      for (const { Message } of Failed ?? []) log(`SQS: ${queueUrl}: a message was not deleted: ${Message}`);
      this.counters.messagesDeleted +=
        Math.min(RECEIVE_LIMIT, messages.length - start) - (Failed?.length ?? 0);
    }
  }
}
