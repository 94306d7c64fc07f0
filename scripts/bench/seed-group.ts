/**
 * Crowds for benchmarks and tests, of the embedded runtime only: registering ten thousand users would take an hour of
 * password hashing. Users are written into their table and given tokens; the group is made through the API, 100 members a
 * call, so that it is what the API makes of it.
 */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { SignJWT } from 'jose';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import type { Runtime } from '../../local/runtime.ts';
import { tokenLifetimeMs } from '../../shared/domain/secret-keys.ts';
import { limits } from '../../shared/protocol/limits.ts';

export type SeededUser = { userId: string; token: string };
type Where = Pick<Runtime, 'url' | 'endpoints' | 'region' | 'accessKeyId' | 'tableNames' | 'physicalName'>;

/** Each user has this one. */
const sessionId = 'ses_seeded';
/** BatchWriteItem takes 25 items a call (docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html). */
const usersPerBatch = 25;

/** Users who cannot log in, with a token for each that is good for 12 hours. */
export async function seedUsers(runtime: Where, count: number): Promise<SeededUser[]> {
  const key = await tokenKey(runtime);
  const dynamodb = new DynamoDBClient(emulatorClient(runtime.endpoints.dynamodb, runtime));
  const documents = DynamoDBDocumentClient.from(dynamodb);
  const table = runtime.tableNames['Users'];
  if (table === undefined) throw new Error('The template has no table Users');
  const openedAt = Date.now();
  const userIds = Array.from({ length: count }, () => `usr_${randomUUID()}`);
  for (let start = 0; start < count; start += usersPerBatch) {
    const puts = userIds.slice(start, start + usersPerBatch).map((userId, index) => ({
      PutRequest: {
        Item: {
          userId,
          username: userId.slice(0, 32),
          displayName: `Member ${start + index + 1}`,
          createdAt: new Date().toISOString(),
          authEpoch: 1,
          sessions: { [sessionId]: { openedAt, renewedAt: openedAt, expiresAt: openedAt + tokenLifetimeMs } },
        },
      },
    }));
    await documents.send(new BatchWriteCommand({ RequestItems: { [table]: puts } }));
  }
  dynamodb.destroy();
  return Promise.all(userIds.map(async (userId) => ({ userId, token: await tokenOf(userId, key) })));
}

/** A group of `creator` and `others`; answers its id. */
export async function seedGroup(
  { url }: Pick<Where, 'url'>,
  creator: SeededUser,
  others: readonly SeededUser[],
): Promise<string> {
  const memberIds = others.map((user) => user.userId);
  const first = memberIds.slice(0, limits.idsPerCall);
  const created = await post<{ conversationId: string }>(url, creator, '/conversations', {
    type: 'GROUP',
    title: 'A crowd',
    memberIds: first,
  });
  const path = `/conversations/${created.conversationId}/members`;
  for (let start = first.length; start < memberIds.length; start += limits.idsPerCall) {
    await post(url, creator, path, { userIds: memberIds.slice(start, start + limits.idsPerCall) });
  }
  return created.conversationId;
}

/** Waits as long as it is told to where it is too fast. */
async function post<Answer>(
  url: string,
  { token }: SeededUser,
  path: string,
  body: unknown,
): Promise<Answer> {
  for (;;) {
    const response = await fetch(`${url}/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (response.ok) return answer as Answer; // As docs/openapi.yaml says of this path.
    if (response.status !== 429) throw new Error(`POST ${path}: ${JSON.stringify(answer)}`);
    const seconds = Number(response.headers.get('retry-after') ?? 1);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

async function tokenKey(runtime: Where): Promise<Uint8Array> {
  const secrets = new SecretsManagerClient(emulatorClient(runtime.endpoints.secretsManager, runtime));
  const { SecretString = '{}' } = await secrets.send(
    new GetSecretValueCommand({ SecretId: runtime.physicalName('TokenSecret') }),
  );
  secrets.destroy();
  const { current }: { current?: string } = JSON.parse(SecretString);
  if (current === undefined) throw new Error('The token secret holds no key');
  return new TextEncoder().encode(current);
}

/** As lambdas/services/tokens.ts issues them. */
function tokenOf(userId: string, key: Uint8Array): Promise<string> {
  return new SignJWT({ epoch: 1, sid: sessionId })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setIssuer('parley')
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(key);
}
