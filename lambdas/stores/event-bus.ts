import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { type OfflineMessage, offlineMessageEvent } from '../../shared/domain/offline-message.ts';
import { batchesOf } from './batches.ts';

/** PutEvents takes 10 entries a call (docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html). */
const entriesPerCall = 10;

/** What waits behind a call in the stream must not wait long for it: nothing is lost but a notification. */
const timeoutMs = 2_000;

/** The bus on which others hear of what happens: notifications by mail or phone are theirs. */
export class EventBus {
  readonly #client: EventBridgeClient;
  readonly #name: string;

  constructor(client: EventBridgeClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** Answers how many of them the bus has not taken. */
  async put(messages: readonly OfflineMessage[]): Promise<number> {
    const { source, detailType } = offlineMessageEvent;
    const entries = messages.map(
      (message): PutEventsRequestEntry => ({
        EventBusName: this.#name,
        Source: source,
        DetailType: detailType,
        Detail: JSON.stringify(message),
        Resources: [],
      }),
    );
    let refused = 0;
    for (const batch of batchesOf(entries, entriesPerCall)) {
      const { FailedEntryCount = 0 } = await this.#client.send(new PutEventsCommand({ Entries: batch }), {
        abortSignal: AbortSignal.timeout(timeoutMs),
      });
      refused += FailedEntryCount;
    }
    return refused;
  }
}
