/** Whether a stage's cache is there, serves, and lets in whoever has a token: what its functions need of it. */
import {
  DescribeServerlessCachesCommand,
  ElastiCacheClient,
  type ElastiCacheClientConfig,
  type ServerlessCache,
  ServerlessCacheNotFoundFault,
} from '@aws-sdk/client-elasticache';
import { cacheAddress, openCache } from '../../lambdas/stores/cache-client.ts';

export type CacheDiagnosis = {
  subject: string;
  state: 'ok' | 'warning' | 'failed';
  detail: string;
  /** What to do, where it is not ok. */
  advice?: string;
};

const subject = 'cache';
const withoutIt = 'chat works without it, with more reads of tables';

/** @param name of the serverless cache, which is its user's name too: see infra/constructs/valkey-cache.ts */
export async function checkCache(name: string, settings: ElastiCacheClientConfig): Promise<CacheDiagnosis> {
  const client = new ElastiCacheClient(settings);
  try {
    const cache = await describe(client, name);
    if (cache === undefined) {
      const advice = `${withoutIt}: deploy the stage again, or take "cache" out of its settings`;
      return { subject, state: 'failed', detail: `there is no serverless cache ${name}`, advice };
    }
    const { Status: status = 'unknown', Endpoint: endpoint } = cache;
    if (status !== 'available' || endpoint?.Address === undefined) {
      const advice = `${withoutIt}: look again in some minutes, then in the ElastiCache console`;
      return { subject, state: 'warning', detail: `${name} is ${status}`, advice };
    }
    const place = `${endpoint.Address}:${endpoint.Port ?? 6379}`;
    return await signIn(client, name, place);
  } finally {
    client.destroy();
  }
}

async function describe(client: ElastiCacheClient, name: string): Promise<ServerlessCache | undefined> {
  try {
    const command = new DescribeServerlessCachesCommand({ ServerlessCacheName: name });
    return (await client.send(command)).ServerlessCaches?.[0];
  } catch (error) {
    if (error instanceof ServerlessCacheNotFoundFault) return undefined;
    throw error;
  }
}

/** As the functions do, but as whoever runs this: that takes `elasticache:Connect` on the cache and on its user. */
async function signIn(client: ElastiCacheClient, name: string, place: string): Promise<CacheDiagnosis> {
  const address = cacheAddress(`rediss://${name}@${place}/${name}`, await client.config.region());
  try {
    const cache = await openCache(address, client.config.credentials);
    try {
      const start = performance.now();
      await cache.ping();
      const milliseconds = Math.round(performance.now() - start);
      return {
        subject,
        state: 'ok',
        detail: `${place} is available, took a token, answers in ${milliseconds} ms`,
      };
    } finally {
      cache.disconnect();
    }
  } catch (error) {
    const advice = `functions have roles of their own: see whether CacheFallbacks grows. To try this as yourself, you need elasticache:Connect on the cache and on its user ${name}`;
    const why = error instanceof Error ? error.message : String(error);
    return {
      subject,
      state: 'warning',
      detail: `${place} is available, but did not let us in: ${why}`,
      advice,
    };
  }
}
