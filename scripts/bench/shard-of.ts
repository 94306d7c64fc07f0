import { createHash } from 'node:crypto';
import { KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import type { ParleyProcess } from './parley-process.ts';

/** Which shard the stream puts a partition key into: docs.aws.amazon.com/kinesis/latest/APIReference/API_HashKeyRange.html */
export async function shardsOf({ first }: ParleyProcess): Promise<(partitionKey: string) => string> {
  const { endpoints, streamName } = first.stores;
  const kinesis = new KinesisClient(emulatorClient(endpoints.kinesis, first.stores));
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: streamName }));
  kinesis.destroy();
  return (partitionKey) => {
    const hash = BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);
    const shard = Shards.find(({ HashKeyRange }) => {
      const { StartingHashKey = '0', EndingHashKey = '0' } = HashKeyRange ?? {};
      return hash >= BigInt(StartingHashKey) && hash <= BigInt(EndingHashKey);
    });
    if (shard?.ShardId === undefined) throw new Error('No shard takes that key');
    return shard.ShardId;
  };
}
