import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  type KinesisClient,
  ResourceNotFoundException,
  type StreamDescriptionSummary,
} from '@aws-sdk/client-kinesis';
import type { Resource } from '../template/assembly.ts';
import type { Log } from './emulator.ts';
import { physicalName } from './resource-attributes.ts';

/** How many shards an on-demand stream begins with on AWS. */
const ON_DEMAND_SHARDS = 4;
const DEFAULT_RETENTION_HOURS = 24;

/** Creates the stream if there is none. An existing one keeps its records and its shards. */
export async function provisionStream(client: KinesisClient, resource: Resource, log: Log): Promise<void> {
  const StreamName = physicalName(resource, 'Name');
  const ShardCount = Number(resource.properties['ShardCount'] ?? ON_DEMAND_SHARDS);
  let stream = await describe(client, StreamName);
  // A kill while the stream was being made leaves it so for ever, and still empty.
  if (stream?.StreamStatus === 'CREATING' || stream?.StreamStatus === 'DELETING') {
    await client.send(new DeleteStreamCommand({ StreamName }));
    while ((await describe(client, StreamName)) !== undefined) await delay(5);
    stream = undefined;
  }
  if (stream === undefined) {
    await client.send(new CreateStreamCommand({ StreamName, ShardCount }));
    while ((await describe(client, StreamName))?.StreamStatus !== 'ACTIVE') await delay(5);
  } else if (stream.OpenShardCount !== ShardCount) {
    log(`Kinesis: ${StreamName} keeps its ${stream.OpenShardCount} shards; the template says ${ShardCount}`);
  }
  const retention = Number(resource.properties['RetentionPeriodHours'] ?? DEFAULT_RETENTION_HOURS);
  if (retention > (stream?.RetentionPeriodHours ?? DEFAULT_RETENTION_HOURS)) {
    await client.send(
      new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: retention }),
    );
  }
}

async function describe(
  client: KinesisClient,
  StreamName: string,
): Promise<StreamDescriptionSummary | undefined> {
  try {
    return (await client.send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
