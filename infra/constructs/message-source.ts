/** How deliver is fed from the stream: in order per conversation, and with nothing lost that it cannot process. */
import { Duration } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StreamConsumer } from 'aws-cdk-lib/aws-kinesis';
import { EventSourceMapping, type IFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { allow } from '../access.ts';
import type { StageSettings } from '../config.ts';
import type { ParleyData } from '../stacks/parley-data.ts';

export class MessageSource extends Construct {
  /** What Lambda does in the name of the function that is fed, and checks when the mapping is created. */
  readonly statements: PolicyStatement[];
  private readonly data: ParleyData;
  private readonly settings: StageSettings['deliver'];
  private readonly consumer: StreamConsumer | undefined;

  constructor(scope: Construct, id: string, data: ParleyData, settings: StageSettings) {
    super(scope, id);
    this.data = data;
    this.settings = settings.deliver;
    if (settings.deliver.enhancedFanOut) {
      this.consumer = new StreamConsumer(this, 'Consumer', {
        stream: data.stream,
        streamConsumerName: 'deliver',
      });
    }
    this.statements = [
      // docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
      allow(
        [
          'kinesis:DescribeStream',
          'kinesis:DescribeStreamSummary',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
        ],
        [data.stream.streamArn],
      ),
      // docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
      allow(['s3:PutObject'], [data.failureBucket.arnForObjects('*')]),
      allow(['s3:ListBucket'], [data.failureBucket.bucketArn]),
    ];
    if (this.consumer) {
      this.statements.push(
        allow(
          ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'],
          [this.consumer.streamConsumerArn],
        ),
      );
    }
  }

  deliverTo(target: IFunction): void {
    const { batchSize, retryAttempts, maximumRecordAgeMinutes } = this.settings;
    new EventSourceMapping(this, 'Mapping', {
      target,
      eventSourceArn: this.consumer?.streamConsumerArn ?? this.data.stream.streamArn,
      // LATEST would lose what is put between the creation of the stream and that of the mapping.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize,
      maxBatchingWindow: Duration.seconds(0),
      parallelizationFactor: 10, // The most there is; records of one partition key stay in order all the same.
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts,
      maxRecordAge: Duration.minutes(maximumRecordAgeMinutes),
      onFailure: { bind: () => ({ destination: this.data.failureBucket.bucketArn }) },
      supportS3OnFailureDestination: true,
    });
  }
}
