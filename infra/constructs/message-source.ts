/** How deliver is fed from the stream: in order per conversation, and with nothing lost that it cannot process. */
import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { StreamConsumer } from 'aws-cdk-lib/aws-kinesis';
import { EventSourceMapping, type IFunction, MetricType, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Permission } from '../access.ts';
import type { StageSettings } from '../config.ts';
import { oneMinute, ParleyAlarm } from '../observing/parley-alarm.ts';
import type { ParleyData } from '../stacks/parley-data.ts';

export class MessageSource extends Construct {
  /** What Lambda does in the name of the function that is fed, and checks when the mapping is created. */
  readonly permissions: Permission[];
  private readonly data: ParleyData;
  private readonly settings: StageSettings;
  private readonly consumer: StreamConsumer | undefined;

  constructor(scope: Construct, id: string, data: ParleyData, settings: StageSettings) {
    super(scope, id);
    this.data = data;
    this.settings = settings;
    if (settings.deliver.enhancedFanOut) {
      this.consumer = new StreamConsumer(this, 'Consumer', {
        stream: data.stream,
        streamConsumerName: 'deliver',
      });
    }
    this.permissions = [
      // docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
      {
        actions: [
          'kinesis:DescribeStream',
          'kinesis:DescribeStreamSummary',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
        ],
        resource: data.stream.streamArn,
      },
      // docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
      { actions: ['s3:ListBucket'], resource: data.failureBucket.bucketArn },
      {
        actions: ['s3:PutObject'],
        resource: data.failureBucket.arnForObjects('*'),
        wildcardReason:
          'Lambda names the objects it writes for failed batches; the bucket holds nothing else.',
      },
    ];
    if (this.consumer) {
      this.permissions.push({
        actions: ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'],
        resource: this.consumer.streamConsumerArn,
      });
    }
  }

  deliverTo(target: IFunction): void {
    const { batchSize, retryAttempts, maximumRecordAgeMinutes } = this.settings.deliver;
    const mapping = new EventSourceMapping(this, 'Mapping', {
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
      metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
    });
    this.alarmAboutFailures(mapping);
  }

  /** Whatever used up its retries: written to the failure bucket, or lost because that failed too. */
  private alarmAboutFailures(mapping: EventSourceMapping): void {
    const events = (metricName: string) =>
      new Metric({
        namespace: 'AWS/Lambda',
        metricName,
        dimensionsMap: { EventSourceMappingUUID: mapping.eventSourceMappingId },
        period: oneMinute,
        statistic: Stats.SUM,
      });
    const failed = new MathExpression({
      expression: 'FILL(delivered, 0) + FILL(dropped, 0)',
      // docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
      usingMetrics: {
        delivered: events('OnFailureDestinationDeliveredEventCount'),
        dropped: events('DroppedEventCount'),
      },
      period: oneMinute,
      label: 'Records that used up their retries',
    });
    new ParleyAlarm(this, 'FailedRecordAlarm', this.data.alarming, {
      name: 'failed-records',
      says: 'Messages used up their retries: they are in the failure bucket, or lost if the bucket could not take them.',
      metric: failed,
      threshold: 0,
    });
  }
}
