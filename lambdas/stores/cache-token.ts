import { buildQueryString, HttpRequest } from '@smithy/core/protocols';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';

export type TokenParts = {
  /** The name of the serverless cache, in lower case, and not its address. */
  cacheName: string;
  userName: string;
  region: string;
  credentials: ConstructorParameters<typeof SignatureV4>[0]['credentials'];
};

/** The longest that ElastiCache takes. It counts when signing in; a connection then lasts for twelve hours. */
const tokenSeconds = 15 * 60;

/**
 * The password with which a role signs in to ElastiCache: a signed request that is never made, without its scheme
 * (docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html).
 */
export async function cacheToken({ cacheName, userName, region, credentials }: TokenParts): Promise<string> {
  const signer = new SignatureV4({
    service: 'elasticache',
    region,
    credentials,
    sha256: Hash.bind(null, 'sha256'),
  });
  const request = new HttpRequest({
    method: 'GET',
    hostname: cacheName,
    path: '/',
    query: { Action: 'connect', User: userName, ResourceType: 'ServerlessCache' },
    headers: { host: cacheName },
  });
  const { query } = await signer.presign(request, { expiresIn: tokenSeconds });
  return `${cacheName}/?${buildQueryString(query ?? {})}`;
}
