import { describe, expect, test } from 'vitest';
import { stageSettings } from '../../infra/stages.ts';
import { settlingMs } from '../../lambdas/services/erase-user.ts';
import { permissionsOf } from './roles.ts';
import { at, Deployment, type Resource, wholeStages } from './templates.ts';

describe.each(wholeStages)('the way from stream to deliver in stage %s', (stage) => {
  const deployment = new Deployment(stage);
  const settings = stageSettings(stage);
  const mapping = mappingTo(deployment, 'stream-deliver');
  const stream = deployment.only('AWS::Kinesis::Stream');
  const lambda = deployment.referenceIn(mapping.properties['FunctionName'], mapping.stack);
  const source = deployment.referenceIn(mapping.properties['EventSourceArn'], mapping.stack);

  test('waits for nothing, keeps order per conversation, and loses nothing', () => {
    expect(mapping.properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      MaximumBatchingWindowInSeconds: 0,
      ParallelizationFactor: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
    });
    expect(mapping.properties['Enabled']).not.toBe(false);
  });

  test('tries again for a bounded number of times and a bounded age, while the stream still has the record', () => {
    const { MaximumRetryAttempts: attempts, MaximumRecordAgeInSeconds: age } = mapping.properties;
    expect(attempts).toBe(settings.deliver.retryAttempts);
    expect(attempts).toBeGreaterThan(0);
    expect(age).toBe(settings.deliver.maximumRecordAgeMinutes * 60);
    expect(age).toBeGreaterThanOrEqual(60); // Lambda's least.
    expect(age).toBeLessThan(Number(stream.properties['RetentionPeriodHours']) * 3600);
  });

  test('fits a batch of the largest messages into one invocation', () => {
    // 16 KiB of content may double as JSON, and grows by a third as Base64; Lambda takes 6 MB.
    const largestRecord = (2 * 16 * 1024 + 2048) * (4 / 3) + 512;
    expect(Number(mapping.properties['BatchSize']) * largestRecord).toBeLessThan(6 * 1000 * 1000);
  });

  test('keeps whole records that used up their retries: in S3, which alone gets their payload', () => {
    const destination = at(mapping.properties, 'DestinationConfig', 'OnFailure', 'Destination');
    expect(deployment.referenceIn(destination, mapping.stack)).toBe(deployment.only('AWS::S3::Bucket'));
  });

  test('raises an alarm at the first record that used up its retries', () => {
    expect(mapping.properties['MetricsConfig']).toEqual({ Metrics: ['EventCount'] });
    const watched = deployment.ofType('AWS::CloudWatch::Alarm').flatMap((alarm) => {
      const metrics = alarm.properties['Metrics'];
      if (!Array.isArray(metrics)) return [];
      return metrics.flatMap((metric) =>
        'MetricStat' in metric ? [{ alarm, stat: metric.MetricStat }] : [],
      );
    });
    for (const name of ['OnFailureDestinationDeliveredEventCount', 'DroppedEventCount']) {
      const found = watched.find(({ stat }) => at(stat, 'Metric', 'MetricName') === name);
      if (found === undefined) throw new Error(`Nothing watches ${name}`);
      const dimensions = at(found.stat, 'Metric', 'Dimensions');
      expect(deployment.referenceIn(dimensions, mapping.stack)).toBe(mapping);
      expect(found.alarm.properties).toMatchObject({
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
      });
    }
  });

  test('has its own share of each shard where the stage asks for it', () => {
    if (settings.deliver.enhancedFanOut) {
      const consumer = deployment.only('AWS::Kinesis::StreamConsumer');
      expect(source).toBe(consumer);
      expect(deployment.referenceIn(consumer.properties['StreamARN'], consumer.stack)).toBe(stream);
    } else {
      expect(source).toBe(stream);
    }
  });

  test('is permitted to read what it reads, as Lambda checks when the mapping is created', () => {
    const permitted = permissionsOf(deployment, lambda);
    const on = (type: string) =>
      permitted
        .filter(({ target }) => target.type === type)
        .map(({ action }) => action)
        .sort();
    expect(on('AWS::Kinesis::Stream')).toEqual([
      'kinesis:DescribeStream',
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
    ]);
    expect(on('AWS::Kinesis::StreamConsumer')).toEqual(
      settings.deliver.enhancedFanOut ? ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'] : [],
    );
    expect(on('AWS::S3::Bucket')).toEqual(['s3:ListBucket', 's3:PutObject']);
  });

  test('has the shards the stage asks for', () => {
    const { capacity } = settings.stream;
    if (capacity === 'on-demand') {
      expect(stream.properties['StreamModeDetails']).toEqual({ StreamMode: 'ON_DEMAND' });
      expect(stream.properties['ShardCount']).toBeUndefined();
    } else {
      expect(stream.properties['ShardCount']).toBe(capacity.shards);
    }
  });
});

test('prod has enhanced fan-out; the embedded runtime reads the stream itself', () => {
  expect(stageSettings('prod').deliver.enhancedFanOut).toBe(true);
  expect(stageSettings('local').deliver.enhancedFanOut).toBe(false);
});

describe.each(wholeStages)('the way from the fan-out queue to fanout in stage %s', (stage) => {
  const deployment = new Deployment(stage);
  const settings = stageSettings(stage);
  const mapping = mappingTo(deployment, 'stream-fanout');
  const queue = deployment.referenceIn(mapping.properties['EventSourceArn'], mapping.stack);
  const lambda = deployment.referenceIn(mapping.properties['FunctionName'], mapping.stack);

  test('takes what waits together, gives back only what failed, and bounds what it takes of the request rate', () => {
    expect(queue.logicalId).toMatch(/^FanOutJobs/);
    expect(mapping.properties).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: settings.fanOut.maximumConcurrency },
    });
    expect(mapping.properties['Enabled']).not.toBe(false);
  });

  test('gives no job out again while it may still be worked on, and soon after its function died', () => {
    expect(queue.properties['VisibilityTimeout']).toBe(2 * Number(lambda.properties['Timeout']));
  });

  test('is permitted to read what it reads', () => {
    const own = ['sqs:ChangeMessageVisibility'];
    const actions = permissionsOf(deployment, lambda)
      .filter(({ target }) => target === queue)
      .map(({ action }) => action)
      .filter((action) => !own.includes(action));
    expect(actions.sort()).toEqual(['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage']);
  });
});

describe.each(wholeStages)('the way from the queue of erasures to erase in stage %s', (stage) => {
  const deployment = new Deployment(stage);
  const mapping = mappingTo(deployment, 'stream-erase');
  const queue = deployment.referenceIn(mapping.properties['EventSourceArn'], mapping.stack);
  const lambda = deployment.referenceIn(mapping.properties['FunctionName'], mapping.stack);

  test('gives one job at a time, and as few at once as there can be', () => {
    expect(queue.logicalId).toMatch(/^ErasureJobs/);
    expect(mapping.properties).toMatchObject({
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    expect(mapping.properties['Enabled']).not.toBe(false);
  });

  test('gives no job out again while it may still be worked on', () => {
    expect(queue.properties['VisibilityTimeout']).toBe(6 * Number(lambda.properties['Timeout']));
  });

  test('ends no erasure while a request that began before it may still add a membership', () => {
    const adding = deployment.functions().get('http-conversations');
    // Beside the time-out, the clocks of two functions may differ.
    expect(Number(adding?.properties['Timeout']) * 1000 + 30_000).toBeLessThanOrEqual(settlingMs);
  });
});

/** The one mapping that feeds a function. */
function mappingTo(deployment: Deployment, name: string): Resource {
  const [mapping, ...others] = deployment
    .ofType('AWS::Lambda::EventSourceMapping')
    .filter(
      ({ properties, stack }) =>
        deployment.referenceIn(properties['FunctionName'], stack) === deployment.functions().get(name),
    );
  if (mapping === undefined || others.length > 0) throw new Error(`Not one mapping feeds ${name}`);
  return mapping;
}
