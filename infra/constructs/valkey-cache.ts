/**
 * A cache in front of `Presence` and `RateLimits`, without a server of ours and without a network of our own: ElastiCache
 * Serverless with a public endpoint, which takes TLS and a role that may sign in
 * (docs.aws.amazon.com/AmazonElastiCache/latest/dg/serverless-public-endpoints-chapter.html).
 */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnServerlessCache, CfnUser, CfnUserGroup } from 'aws-cdk-lib/aws-elasticache';
import { Construct } from 'constructs';
import type { Permission } from '../access.ts';
import type { StageSettings } from '../config.ts';

/** A stage that has the cache. */
export type CachedStage = StageSettings & { cache: Exclude<StageSettings['cache'], false> };

/** What the functions keep, and nothing that stops or empties a server. */
export const accessString = 'on ~presence:* ~heartbeat:* ~rate:* +@all -@admin -@dangerous';

export class ValkeyCache extends Construct {
  /** `rediss://user@host:port/cache-name`, as functions read it. */
  readonly url: string;
  /** Signing in takes the permission on the user and on the cache. */
  readonly permissions: Permission[];

  constructor(scope: Construct, id: string, settings: CachedStage) {
    super(scope, id);
    const { maximumGigabytes, maximumEcpusPerSecond } = settings.cache;
    // Both names are part of what is signed, and may hold lower case only. For IAM, user id and user name are one
    // (docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html).
    const name = `parley-${settings.stage}`;
    const user = new CfnUser(this, 'User', {
      engine: 'valkey',
      userId: name,
      userName: name,
      authenticationMode: { Type: 'iam' },
      accessString,
    });
    const group = new CfnUserGroup(this, 'Users', {
      engine: 'valkey',
      userGroupId: name,
      userIds: [user.ref],
    });
    const cache = new CfnServerlessCache(this, 'Cache', {
      engine: 'valkey',
      majorEngineVersion: '9', // The first with a public endpoint.
      serverlessCacheName: name,
      connectionType: 'public',
      userGroupId: group.ref,
      description: `Parley (${settings.stage}): presence and rate limits`,
      cacheUsageLimits: {
        dataStorage: { maximum: maximumGigabytes, unit: 'GB' },
        ecpuPerSecond: { maximum: maximumEcpusPerSecond },
      },
    });
    this.url = `rediss://${name}@${cache.attrEndpointAddress}:${cache.attrEndpointPort}/${name}`;
    const userArn = Stack.of(this).formatArn({
      service: 'elasticache',
      resource: 'user',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.permissions = [cache.attrArn, userArn].map((resource) => ({
      actions: ['elasticache:Connect'],
      resource,
    }));
  }
}
