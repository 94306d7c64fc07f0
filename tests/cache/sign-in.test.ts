/** What ElastiCache Serverless asks of a client, as far as a server of our own can: TLS, a cluster, and a user with few rights. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { accessString } from '../../infra/constructs/valkey-cache.ts';
import { cacheAddress, openCache } from '../../lambdas/stores/cache-client.ts';
import { CachedPresence } from '../../lambdas/stores/cached-presence.ts';
import { CachedRateBuckets } from '../../lambdas/stores/rate-bucket-cache.ts';
import { freePort } from '../../local/emulators/free-port.ts';
import { RedisServer } from '../../scripts/chaos/redis-server.ts';
import { checkCache } from '../../scripts/doctor/cache.ts';
import { deadlineMs } from '../support/deadline.ts';
import { World } from '../support/world.ts';
import { PatientCache } from './support/patient-cache.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const folder = mkdtempSync(join(tmpdir(), 'parley-tls-'));
const trusted = tls.getCACertificates('default');
let server: RedisServer;
let url: string;

beforeAll(async () => {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', key, '-out', certificate];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, ...files, ...subject], { stdio: 'pipe' });
  tls.setDefaultCACertificates([...trusted, readFileSync(certificate, 'utf8')]);

  const [tlsPort, busPort] = [await freePort(), await freePort()];
  server = await RedisServer.start([
    ...['--tls-port', `${tlsPort}`, '--tls-cert-file', certificate, '--tls-key-file', key],
    ...['--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no', '--tls-cluster', 'yes'],
    ...['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`, '--dir', folder],
    ...['--cluster-announce-hostname', 'localhost', '--cluster-preferred-endpoint-type', 'hostname'],
  ]);
  const client = server.client();
  await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await vi.waitFor(
    async () => expect(String(await client.call('CLUSTER', 'INFO'))).toContain('cluster_state:ok'),
    { timeout: deadlineMs, interval: 20 },
  );
  // Whether a token is good is for ElastiCache to say: here each one is.
  await client.call('ACL', 'SETUSER', 'parley-dev', 'nopass', ...accessString.split(' '));
  client.disconnect();
  url = `rediss://parley-dev@localhost:${tlsPort}/parley-dev`;
});
afterAll(async () => {
  tls.setDefaultCACertificates(trusted);
  await server?.kill();
  rmSync(folder, { recursive: true });
});

test('presence and rate limits work through it', async () => {
  const cache = new PatientCache(await openCache(cacheAddress(url, 'eu-west-1'), credentials));
  const world = await World.open();
  try {
    const { stores } = world.container();
    const presence = new CachedPresence(stores.presence, cache);
    const buckets = new CachedRateBuckets(stores.rateLimits, cache);
    const userIds = Array.from({ length: 20 }, () => randomUUID());
    const now = Date.now();
    for (const userId of userIds) {
      const connection = { userId, connectionId: userId, connectedAt: now, lastSeenAt: now };
      expect(await presence.register(connection)).toEqual({ isNew: true, others: [] });
      expect(await presence.register({ ...connection, lastSeenAt: now + 1 })).toMatchObject({ isNew: false });
    }
    expect(await presence.connectionsOfAll(userIds)).toHaveLength(20);
    const bucket = { perSecond: 1, burst: 1 };
    expect(await buckets.takeFromBucket('one', bucket, now)).toBe(0);
    expect(await buckets.takeFromBucket('one', bucket, now)).toBe(1_000);
  } finally {
    cache.close();
    await world.close();
  }
});

test('a user that may not sign in is an error, and so is an address without one', async () => {
  const address = cacheAddress(url.replace('parley-dev@', 'stranger@'), 'eu-west-1');
  await expect(openCache(address, credentials)).rejects.toThrow();
  expect(() => cacheAddress('rediss://localhost:6379/parley', 'eu-west-1')).toThrow('CACHE_URL must be');
});

describe('the doctor', () => {
  /** Answers as ElastiCache's API would for that one cache. */
  async function withCacheOf(name: string, status: string, ask: (endpoint: string) => Promise<void>) {
    const port = new URL(url).port;
    const api = createServer((request, response) => {
      let body = '';
      request.on('data', (data) => {
        body += data;
      });
      request.on('end', () => {
        const isKnown = new URLSearchParams(body).get('ServerlessCacheName') === name;
        response.writeHead(isKnown ? 200 : 404, { 'content-type': 'text/xml' });
        response.end(
          isKnown
            ? `<R><DescribeServerlessCachesResult><ServerlessCaches><member><Status>${status}</Status><Endpoint><Address>localhost</Address><Port>${port}</Port></Endpoint></member></ServerlessCaches></DescribeServerlessCachesResult></R>`
            : '<ErrorResponse><Error><Code>ServerlessCacheNotFoundFault</Code></Error></ErrorResponse>',
        );
      });
    });
    api.listen(0, '127.0.0.1');
    await once(api, 'listening');
    const address = api.address();
    try {
      await ask(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    } finally {
      api.close();
    }
  }
  const settings = (endpoint: string) => ({ region: 'eu-west-1', credentials, endpoint });

  test('is content with a cache that takes its token', () =>
    withCacheOf('parley-dev', 'available', async (endpoint) => {
      expect(await checkCache('parley-dev', settings(endpoint))).toEqual([
        { subject: 'cache', state: 'ok', detail: 'parley-dev is available' },
        {
          subject: 'cache token',
          state: 'ok',
          detail: expect.stringMatching(/^taken by localhost:\d+, which answers in \d+ ms$/),
        },
      ]);
    }));

  test('warns of one that does not let it in, or is not ready', async () => {
    await withCacheOf('stranger', 'available', async (endpoint) => {
      const [, refused] = await checkCache('stranger', settings(endpoint));
      expect(refused).toMatchObject({
        state: 'warning',
        advice: expect.stringContaining('elasticache:Connect'),
      });
      expect(refused?.detail).toContain('not taken by localhost:');
    });
    await withCacheOf('parley-dev', 'creating', async (endpoint) => {
      const creating = await checkCache('parley-dev', settings(endpoint));
      expect(creating).toMatchObject([{ state: 'warning', detail: 'parley-dev is creating' }]);
    });
  });

  test('says that there is none', () =>
    withCacheOf('another', 'available', async (endpoint) => {
      const missing = await checkCache('parley-dev', settings(endpoint));
      expect(missing).toMatchObject([{ state: 'failed', detail: 'there is no serverless cache parley-dev' }]);
    }));
});
