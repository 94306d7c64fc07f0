/** Everything that must outlive a redeployment: tables, stream, dead letters, secret. */
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  Table,
} from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import { functionDefinitions } from '../functions.ts';
import { AlarmTopics } from '../observing/alarm-topics.ts';
import { type Alarming, oneMinute, ParleyAlarm } from '../observing/parley-alarm.ts';
import { TableAlarms } from '../observing/table-alarms.ts';
import { type TableDefinition, type TableName, tableDefinitions, tableNames } from '../tables.ts';
import { stackOfStage } from './stack-of-stage.ts';

/** A table of the stack's own, or one that was restored from a backup. */
export type TableInUse = Pick<ITable, 'tableName' | 'tableArn'>;

export class ParleyData extends Stack {
  readonly tables: Record<TableName, TableInUse>;
  /** Accepted messages on their way to being stored; partition key is the conversation. */
  readonly stream: Stream;
  /** Records that deliver itself found impossible to process, whole. */
  readonly deadLetterQueue: Queue;
  /** Jobs of the fan-out of large groups, on their way from deliver to fanout. */
  readonly fanOutQueue: Queue;
  /** Users who are to be erased. */
  readonly erasureQueue: Queue;
  /** Records that used up their retries, whole: an SQS or SNS destination would get their position only. */
  readonly failureBucket: Bucket;
  /** Where others hear of messages that members missed. Here, since rules of theirs hang on it. */
  readonly eventBus: EventBus;
  /** Key that signs tokens: `{"current": "…"}`, and `previous` beside it while rotating. */
  readonly tokenSecret: Secret;
  /** Key of the hashes by which a re-used `messageId` is recognised. Never rotated: retries may come years later. */
  readonly fingerprintSecret: Secret;
  /** By which the functions know a request of our own distribution, and so believe whose it says it is. */
  readonly edgeSecret: Secret;

  /** For the alarms of all stacks. */
  readonly alarming: Alarming;

  private readonly settings: StageSettings;
  private readonly removalPolicy: RemovalPolicy;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id, {
      ...stackOfStage(id, settings),
      description: `Parley (${settings.stage}): tables, stream, dead letters and secret`,
      terminationProtection: settings.protectData,
    });
    this.settings = settings;
    this.removalPolicy = settings.protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    this.alarming = {
      stage: settings.stage,
      topics: new AlarmTopics(this, 'AlarmTopics', settings).topics,
    };

    const entries = tableNames.map((name) => [name, this.table(name, tableDefinitions[name])]);
    this.tables = Object.fromEntries(entries); // One entry for each name, as the type asks.
    new TableAlarms(this, 'TableAlarms', this.alarming, this.tables);
    this.stream = this.messageStream();
    this.deadLetterQueue = this.queueOfDeadLetters();
    this.fanOutQueue = this.queueOfFanOutJobs();
    this.erasureQueue = this.queueOfErasures();
    this.failureBucket = this.bucketOfFailedRecords();
    this.eventBus = new EventBus(this, 'Events', {
      eventBusName: `Parley-${settings.stage}`,
      description: `Parley (${settings.stage}): messages that members without a connection missed`,
    });
    this.tokenSecret = this.randomKey(
      'TokenSecret',
      'signs access tokens',
      'Rotated by an operator, who moves `current` to `previous` for the 12 hours a token lives: a schedule that ' +
        'replaced the value alone would sign everybody out.',
    );
    this.fingerprintSecret = this.randomKey(
      'FingerprintSecret',
      'keys the hashes of what was sent',
      'Another key would take every retry of an old message for a conflict.',
    );
    this.edgeSecret = this.randomKey(
      'EdgeSecret',
      'proves that a request came through the distribution',
      'Rotated by an operator, who deploys the distribution again with the new value while `previous` is still taken.',
    );
  }

  private table(name: TableName, definition: TableDefinition): TableInUse {
    const restored = this.settings.restoredTables[name];
    if (restored !== undefined) return Table.fromTableName(this, name, restored);
    const { partitionKey, sortKey, indexes = {}, localIndexes = {}, timeToLiveAttribute } = definition;
    const table = new Table(this, name, {
      partitionKey: attribute(partitionKey),
      ...(sortKey && { sortKey: attribute(sortKey) }),
      ...(timeToLiveAttribute && { timeToLiveAttribute }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: this.settings.protectData,
      removalPolicy: this.removalPolicy,
    });
    for (const [indexName, keys] of Object.entries(indexes)) {
      table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: attribute(keys.partitionKey),
        sortKey: attribute(keys.sortKey),
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    for (const [indexName, keys] of Object.entries(localIndexes)) {
      table.addLocalSecondaryIndex({
        indexName,
        sortKey: attribute(keys.sortKey),
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    return table;
  }

  private messageStream(): Stream {
    const { capacity, retentionHours } = this.settings.stream;
    return new Stream(this, 'Messages', {
      ...(capacity === 'on-demand'
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: capacity.shards }),
      retentionPeriod: Duration.hours(retentionHours),
      encryption: StreamEncryption.MANAGED,
      removalPolicy: this.removalPolicy,
    });
  }

  private queueOfDeadLetters(): Queue {
    const queue = new Queue(this, 'DeadLetters', {
      retentionPeriod: Duration.days(14), // The longest SQS keeps a message.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: this.removalPolicy,
    });
    Validations.of(queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue: it is read by people, so nothing in it can fail again.',
    });
    new ParleyAlarm(this, 'DeadLetterAlarm', this.alarming, {
      name: 'dead-letters',
      says: 'A message that can never be processed waits in the dead-letter queue.',
      metric: mostWaitingIn(queue),
      threshold: 0,
    });
    return queue;
  }

  /** In order for each bucket: FIFO, with the throughput of each message group its own. */
  private queueOfFanOutJobs(): Queue {
    const common = {
      fifo: true,
      // Both together are what AWS calls high throughput
      // (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html).
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: this.removalPolicy,
    };
    const deadLetters = new Queue(this, 'FanOutDeadLetters', {
      ...common, // The dead-letter queue of a FIFO queue is one itself.
      retentionPeriod: Duration.days(14),
    });
    new ParleyAlarm(this, 'FanOutDeadLetterAlarm', this.alarming, {
      name: 'fan-out-dead-letters',
      says: 'Fan-out jobs failed again and again: some members of large groups were not told of stored messages.',
      metric: mostWaitingIn(deadLetters),
      threshold: 0,
    });
    return new Queue(this, 'FanOutJobs', {
      ...common,
      // A bucket whose function died is silent for so long, so this is less than the six times the function's time-out that
      // AWS recommends for functions that may be throttled: the mapping polls no faster than they run
      // (docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html), and a job that is given out twice does no harm.
      visibilityTimeout: Duration.seconds(2 * functionDefinitions['stream-fanout'].timeoutSeconds),
      // Pushing later than this helps nobody: clients notice gaps by themselves.
      retentionPeriod: Duration.hours(1),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: this.settings.fanOut.maxReceiveCount },
    });
  }

  /** Whoever may go is to be gone: what fails is kept as long as SQS keeps anything. */
  private queueOfErasures(): Queue {
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: this.removalPolicy,
    };
    const deadLetters = new Queue(this, 'ErasureDeadLetters', common);
    new ParleyAlarm(this, 'ErasureDeadLetterAlarm', this.alarming, {
      name: 'erasure-dead-letters',
      says: 'A user who asked to be erased is not: erasing them failed again and again.',
      metric: mostWaitingIn(deadLetters),
      threshold: 0,
    });
    return new Queue(this, 'ErasureJobs', {
      ...common,
      // Six times the function's, so that a job is not given out again while it waits for a free function.
      visibilityTimeout: Duration.seconds(6 * functionDefinitions['stream-erase'].timeoutSeconds),
      // Half an hour of trying: longer than most of what passes by itself.
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    });
  }

  private bucketOfFailedRecords(): Bucket {
    const bucket = new Bucket(this, 'FailedRecords', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [
        {
          expiration: Duration.days(this.settings.failureRetentionDays),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: this.removalPolicy,
    });
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only the event source mapping writes here, a few objects at most; an access log would need a bucket of its own.',
    });
    return bucket;
  }

  /** A secret of the form `{"current": "<random>"}`. */
  private randomKey(id: string, purpose: string, whyNoRotationSchedule: string): Secret {
    const secret = new Secret(this, id, {
      description: `Parley (${this.settings.stage}): ${purpose}`,
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'current',
        passwordLength: 64,
        excludePunctuation: true,
      },
      removalPolicy: this.removalPolicy,
    });
    Validations.of(secret).acknowledge({ id: 'AwsSolutions-SMG4', reason: whyNoRotationSchedule });
    return secret;
  }
}

function attribute(key: TableDefinition['partitionKey']): Attribute {
  return { name: key.name, type: key.type === 'N' ? AttributeType.NUMBER : AttributeType.STRING };
}

function mostWaitingIn(queue: Queue): IMetric {
  return queue.metricApproximateNumberOfMessagesVisible({
    period: oneMinute,
    statistic: Stats.MAXIMUM,
  });
}
