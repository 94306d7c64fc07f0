import { createHash } from 'node:crypto';
import { KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ParleyProcess } from './parley-process.ts';

/** Which shard the stream puts a partition key into: docs.aws.amazon.com/kinesis/latest/APIReference/API_HashKeyRange.html */
export async function shardsOf({ first }: ParleyProcess): Promise<(partitionKey: string) => string> {
  const { endpoints, region, streamName } = first.stores;
  const kinesis = new KinesisClient({
    endpoint: endpoints.kinesis,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // The client's default is HTTP/2, which the emulator does not speak.
    requestHandler: new NodeHttpHandler(),
  });
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
