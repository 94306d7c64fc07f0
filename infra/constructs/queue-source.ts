/** How a function is fed from a queue of jobs. */
import { EventSourceMapping, type EventSourceMappingOptions, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Permission } from '../access.ts';

export type QueuePace = Pick<
  EventSourceMappingOptions,
  'batchSize' | 'maxConcurrency' | 'reportBatchItemFailures'
>;

export class QueueSource extends Construct {
  /** What Lambda does in the name of the function that is fed (docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). */
  readonly permissions: Permission[];
  private readonly queue: IQueue;
  private readonly pace: QueuePace;

  constructor(scope: Construct, id: string, queue: IQueue, pace: QueuePace) {
    super(scope, id);
    this.queue = queue;
    this.pace = pace;
    this.permissions = [
      {
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resource: queue.queueArn,
      },
    ];
  }

  deliverTo(target: IFunction): void {
    new EventSourceMapping(this, 'Mapping', {
      target,
      eventSourceArn: this.queue.queueArn,
      ...this.pace,
    });
  }
}
