import middy from '@middy/core';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { observed } from '../middleware/observed.ts';
import { deliverRecords } from '../runtime.ts';

const records = await deliverRecords();

export const handler = middy<KinesisStreamEvent, KinesisStreamBatchResponse>()
  .use(observed((event: KinesisStreamEvent) => ({ records: event.Records.length })))
  .handler(async (event) => {
    const failed = await records.deliver(
      event.Records.map(({ eventID, kinesis }) => ({
        eventId: eventID,
        sequenceNumber: kinesis.sequenceNumber,
        partitionKey: kinesis.partitionKey,
        data: kinesis.data,
      })),
    );
    // The event source starts again from the lowest of these; what it repeats beside them changes nothing.
    return { batchItemFailures: failed.map(({ sequenceNumber }) => ({ itemIdentifier: sequenceNumber })) };
  });
