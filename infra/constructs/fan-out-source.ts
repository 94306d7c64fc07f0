/** How fanout is fed from its queue: the jobs of one bucket in order, and what waits of them together. */
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Permission } from '../access.ts';
import type { StageSettings } from '../config.ts';
import type { ParleyData } from '../stacks/parley-data.ts';

export class FanOutSource extends Construct {
  /** What Lambda does in the name of the function that is fed (docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). */
  readonly permissions: Permission[];
  private readonly data: ParleyData;
  private readonly settings: StageSettings;

  constructor(scope: Construct, id: string, data: ParleyData, settings: StageSettings) {
    super(scope, id);
    this.data = data;
    this.settings = settings;
    this.permissions = [
      {
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resource: data.fanOutQueue.queueArn,
      },
    ];
  }

  deliverTo(target: IFunction): void {
    new EventSourceMapping(this, 'Mapping', {
      target,
      eventSourceArn: this.data.fanOutQueue.queueArn,
      batchSize: 10, // The most there is for a FIFO queue.
      reportBatchItemFailures: true,
      maxConcurrency: this.settings.fanOut.maximumConcurrency,
    });
  }
}
