/** How the erasure of users is fed from its queue: one job at a time, and few at once. */
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Permission } from '../access.ts';
import type { ParleyData } from '../stacks/parley-data.ts';

export class ErasureSource extends Construct {
  /** What Lambda does in the name of the function that is fed (docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). */
  readonly permissions: Permission[];
  private readonly data: ParleyData;

  constructor(scope: Construct, id: string, data: ParleyData) {
    super(scope, id);
    this.data = data;
    this.permissions = [
      {
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resource: data.erasureQueue.queueArn,
      },
    ];
  }

  eraseBy(target: IFunction): void {
    new EventSourceMapping(this, 'Mapping', {
      target,
      eventSourceArn: this.data.erasureQueue.queueArn,
      batchSize: 1,
      // The least there is. However many users go at once, what people say goes first: lambdas/services/erase-user.ts counts on it.
      maxConcurrency: 2,
    });
  }
}
