import type { Cluster, Redis, RedisOptions } from 'iovalkey';
import { cacheToken, type TokenParts } from './cache-token.ts';

/** What of a client is used: the same on one server and on a cluster. */
export type CacheClient = Pick<Redis, 'hgetall' | 'del' | 'multi' | 'eval' | 'ping' | 'disconnect'> & {
  on(event: 'end' | 'error', listener: () => void): unknown;
};

/** Where the cache is: a server without a password, or ElastiCache Serverless, where one signs in as a role. */
export type CacheAddress = { host: string; port: number; signIn?: Omit<TokenParts, 'credentials'> };

/**
 * Reads `redis://host:port`, or `rediss://user@host:port/cache-name` for ElastiCache, whose user signs in to the cache of that
 * name. Throws where it is neither.
 */
export function cacheAddress(url: string, region: string): CacheAddress {
  const { protocol, username, hostname, port, pathname } = new URL(url);
  const server = { host: hostname, port: Number(port || 6379) };
  if (protocol === 'redis:') return server;
  const cacheName = pathname.slice(1);
  if (protocol !== 'rediss:' || username === '' || cacheName === '') {
    throw new Error('CACHE_URL must be redis://host:port or rediss://user@host:port/cache-name');
  }
  return { ...server, signIn: { cacheName, userName: username, region } };
}

/** Through a public endpoint, with TLS and signing in, it takes some ten milliseconds; here it may take this long. */
const connectWithinMs = 1_000;
const stepMs = 50;

const options: RedisOptions = {
  lazyConnect: true,
  // Ours instead: see `connected`.
  connectTimeout: 0,
  // A command that cannot be sent now is of no use later.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  // It asks with INFO, which the user of the functions may not.
  enableReadyCheck: false,
  // Commands that are issued together travel together.
  enableAutoPipelining: true,
  // Whoever opens it again signs in again.
  retryStrategy: () => null,
};

/** A client that is connected and signed in. */
export async function openCache(
  address: CacheAddress,
  credentials: TokenParts['credentials'],
): Promise<CacheClient> {
  // Most deployments have no cache: their functions do not load its client.
  const library = await import('iovalkey');
  const { host, port, signIn } = address;
  const client: Redis | Cluster =
    signIn === undefined
      ? new library.Redis({ ...options, host, port })
      : new library.Cluster([{ host, port }], {
          lazyConnect: true,
          enableOfflineQueue: false,
          enableAutoPipelining: true,
          clusterRetryStrategy: () => null,
          slotsRefreshTimeout: connectWithinMs,
          // The certificate is for the name, and the name alone leads to the node that answers
          // (docs.aws.amazon.com/AmazonElastiCache/latest/dg/BestPractices.Clients.html).
          dnsLookup: (name, callback) => callback(null, name),
          redisOptions: {
            ...options,
            tls: { minVersion: 'TLSv1.3' },
            username: signIn.userName,
            password: await cacheToken({ ...signIn, credentials }),
          },
        });
  // What goes wrong is told by each command; without a listener the library writes to the console.
  client.on('error', () => {});
  try {
    await connected(client);
    return client;
  } catch (error) {
    client.disconnect();
    throw error;
  }
}

/**
 * Resolves when it is, TLS and signing in included. Lambda stops a container between two invocations, often in the middle of
 * this; so the time is counted in steps, of which a stop lasts for one.
 */
async function connected(client: Redis | Cluster): Promise<void> {
  let stepsLeft = connectWithinMs / stepMs;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      stepsLeft -= 1;
      if (stepsLeft <= 0) reject(new Error('The cache did not let us in'));
    }, stepMs);
  });
  try {
    await Promise.race([client.connect(), tooLate]);
  } finally {
    clearInterval(timer);
  }
}
