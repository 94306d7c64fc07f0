import type { Arrivals } from './arrivals.ts';
import type { StoreEndpoints } from './aws-client.ts';
import { startDynamoDb } from './dynamodb.ts';
import type { Log } from './emulator.ts';
import { startEvents } from './events.ts';
import { startKinesis } from './kinesis.ts';
import { startQueuesAndBuckets } from './queues-and-buckets.ts';
import type { SecretFile } from './secret-file.ts';
import { startSecrets } from './secrets.ts';

export type Stores = {
  endpoints: StoreEndpoints;
  secrets: SecretFile;
  arrivals: Arrivals;
  close(): Promise<void>;
};

export type StoresOptions = {
  dataDirectory: string;
  region: string;
  accessKeyId: string;
  log: Log;
  onUnexpectedEnd: (reason: string) => void;
};

/** Starts every emulator on the data folder. Where one does not start, those that did are closed again. */
export async function startStores(options: StoresOptions): Promise<Stores> {
  const { dataDirectory, region, accessKeyId, log, onUnexpectedEnd } = options;
  const starting = [
    startDynamoDb({ dataDirectory, accessKeyId, log, onUnexpectedEnd }),
    startKinesis({ dataDirectory, accessKeyId }),
    startQueuesAndBuckets({ dataDirectory, region, accessKeyId }),
    startSecrets({ dataDirectory, accessKeyId }),
    startEvents({ dataDirectory, accessKeyId }),
  ] as const;
  const outcomes = await Promise.allSettled(starting);
  const close = async () => {
    await Promise.all(outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value.close()));
  };
  try {
    const [dynamodb, kinesis, queuesAndBuckets, secrets, events] = await Promise.all(starting);
    return {
      endpoints: {
        dynamodb: dynamodb.endpoint,
        kinesis: kinesis.endpoint,
        sqs: queuesAndBuckets.endpoint,
        s3: queuesAndBuckets.endpoint,
        secretsManager: secrets.endpoint,
        eventBridge: events.endpoint,
      },
      secrets: secrets.secrets,
      arrivals: kinesis.arrivals,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
