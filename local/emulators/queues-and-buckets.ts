import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { buildApp } from 'fauxqs';
// fauxqs' own start function binds 0.0.0.0 and offers no choice: anybody on the network could read the queues. These
// are the parts it is made of (its version is pinned), put together on the loopback address.
import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
import { FileS3Persistence } from '../../node_modules/fauxqs/dist/s3/fileS3Persistence.js';
import { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import { guard } from '../loopback-guard.ts';
import type { Emulator } from './emulator.ts';
import { FifoStore } from './fifo-store.ts';

/**
 * fauxqs clears the receive count of a message whose visibility is set to 0, which its own schema forbids, and loses the
 * message over that. It is left in flight on disk, and shown at once.
 */
class QueuePersistence extends PersistenceManager {
  constructor(folder: string) {
    super(folder);
    // Each statement is a commit: without this each also waits for the disk, while everything else of this process waits
    // for it. What is committed survives the death of the process all the same; only a power cut may lose the last commits.
    // Its types hide the database; the version is pinned.
    const database = Reflect.get(this, 'db') as DatabaseSync;
    database.exec('PRAGMA synchronous = NORMAL');
    // The receivers of these messages ended with the process and will not delete them.
    database.exec('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL');
  }

  override updateMessageReady(): void {}
}

/** SQS and S3 on fauxqs: queues in SQLite, objects as files, both in the data folder. */
export async function startQueuesAndBuckets(options: {
  dataDirectory: string;
  region: string;
  accessKeyId: string;
}): Promise<Emulator> {
  const queueFolder = join(options.dataDirectory, 'queues');
  const bucketFolder = join(options.dataDirectory, 'buckets');
  mkdirSync(queueFolder, { recursive: true });
  mkdirSync(bucketFolder, { recursive: true });

  const stores = { sqsStore: new FifoStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
  stores.sqsStore.region = options.region;
  stores.snsStore.region = options.region;
  const queues = new QueuePersistence(queueFolder);
  const objects = new FileS3Persistence(bucketFolder);
  // Loaded before they are attached, or loading would write everything again.
  queues.loadSqsAndSns(stores.sqsStore, stores.snsStore);
  objects.loadS3(stores.s3Store);
  stores.sqsStore.persistence = queues;
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = queues;
  stores.snsStore.persistence = queues;
  stores.s3Store.persistence = objects;

  const app = buildApp({ logger: false, defaultRegion: options.region, stores });
  app.addHook('onClose', async () => {
    queues.close();
    objects.close();
  });
  guard(app.server, options.accessKeyId);
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  return { endpoint, close: () => app.close() };
}
