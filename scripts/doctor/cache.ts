/** Whether a stage's cache is there, serves, and lets in whoever has a token: what its functions need of it. */
import {
  DescribeServerlessCachesCommand,
  ElastiCacheClient,
  type ElastiCacheClientConfig,
  type Endpoint,
  type ServerlessCache,
  ServerlessCacheNotFoundFault,
} from '@aws-sdk/client-elasticache';
import { cacheAddress, openCache } from '../../lambdas/stores/cache-client.ts';
import { type Diagnosis, failed, ok, warning } from './diagnosis.ts';

const withoutIt = 'chat works without it, with more reads of tables';

/** @param name of the serverless cache, which is its user's name too: see infra/constructs/valkey-cache.ts */
export async function checkCache(name: string, settings: ElastiCacheClientConfig): Promise<Diagnosis[]> {
  const client = new ElastiCacheClient(settings);
  try {
    const cache = await describe(client, name);
    if (cache === undefined) {
      const advice = `${withoutIt}: deploy the stage again, or take "cache" out of its settings`;
      return [failed('cache', `there is no serverless cache ${name}`, advice)];
    }
    const { Status: status = 'unknown', Endpoint: endpoint } = cache;
    if (status !== 'available') {
      const advice = `${withoutIt}: look again in some minutes, then in the ElastiCache console`;
      return [warning('cache', `${name} is ${status}`, advice)];
    }
    const found = ok('cache', `${name} is available`);
    return endpoint === undefined ? [found] : [found, await signIn(client, name, endpoint)];
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
async function signIn(
  client: ElastiCacheClient,
  name: string,
  { Address, Port }: Endpoint,
): Promise<Diagnosis> {
  const place = `${Address}:${Port}`;
  const address = cacheAddress(`rediss://${name}@${place}/${name}`, await client.config.region());
  try {
    const cache = await openCache(address, client.config.credentials);
    try {
      const start = performance.now();
      await cache.ping();
      return ok(
        'cache token',
        `taken by ${place}, which answers in ${Math.round(performance.now() - start)} ms`,
      );
    } finally {
      cache.disconnect();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return warning(
      'cache token',
      `not taken by ${place}: ${why}`,
      `functions have roles of their own: see whether CacheFallbacks grows. To try it as yourself, you need elasticache:Connect on the cache and on its user ${name}`,
    );
  }
}
