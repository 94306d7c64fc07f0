import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { observed } from '../middleware/observed.ts';
import { fanOut } from '../runtime.ts';

const fanout = fanOut();

export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(observed((event: SQSEvent) => ({ jobs: event.Records.length })))
  .handler(async (event) => {
    const failed = await fanout.fanOut(
      event.Records.map(({ messageId, receiptHandle, attributes, body }) => ({
        messageId,
        receiptHandle,
        receiveCount: Number(attributes.ApproximateReceiveCount),
        body,
      })),
    );
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
