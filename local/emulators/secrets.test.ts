import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { emulatorClient } from './aws-client.ts';
import { access } from './fixtures/access.ts';
import { type SecretsEmulator, startSecrets } from './secrets.ts';

const name = 'ParleyData-TokenSecret';
const arn = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-a1b2c3`;

let folder: string;
let emulator: SecretsEmulator;
let client: SecretsManagerClient;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-secrets-'));
  await open();
});
afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

async function open(): Promise<void> {
  emulator = await startSecrets({ dataDirectory: folder, ...access });
  client = new SecretsManagerClient(emulatorClient(emulator.endpoint, access));
}

async function close(): Promise<void> {
  client.destroy();
  await emulator.close();
}

describe('a secret', () => {
  test.each([
    ['name', name],
    ['ARN', arn],
    ['ARN without its random ending', arn.slice(0, -7)],
  ])('is found by its %s', async (_, SecretId) => {
    emulator.secrets.create(name, arn, '{"current":"x"}');
    const value = await client.send(new GetSecretValueCommand({ SecretId }));
    expect(value).toMatchObject({
      ARN: arn,
      Name: name,
      SecretString: '{"current":"x"}',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: expect.any(Date),
    });
  });

  test('has a new current value after it is put, and the one before it', async () => {
    emulator.secrets.create(name, arn, 'one');
    const first = await client.send(new GetSecretValueCommand({ SecretId: name }));
    const put = await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: 'two' }));

    const read = async (selector: object) =>
      (await client.send(new GetSecretValueCommand({ SecretId: name, ...selector }))).SecretString;
    expect(await read({})).toBe('two');
    expect(await read({ VersionStage: 'AWSPREVIOUS' })).toBe('one');
    expect(await read({ VersionId: first.VersionId })).toBe('one');
    expect(await read({ VersionId: put.VersionId })).toBe('two');
    const described = await client.send(new DescribeSecretCommand({ SecretId: name }));
    expect(described.VersionIdsToStages).toEqual({
      [String(put.VersionId)]: ['AWSCURRENT'],
      [String(first.VersionId)]: ['AWSPREVIOUS'],
    });
  });

  test('survives a restart in a file that its owner alone can read', async () => {
    emulator.secrets.create(name, arn, 'kept');
    await close();
    expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
    await open();
    expect((await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString).toBe('kept');
  });
});

test('an unknown secret is the error that the SDK knows', async () => {
  await expect(client.send(new GetSecretValueCommand({ SecretId: 'nothing' }))).rejects.toBeInstanceOf(
    ResourceNotFoundException,
  );
});

test('an operation that is not served says so', async () => {
  emulator.secrets.create(name, arn, 'x');
  await expect(client.send(new ListSecretsCommand({}))).rejects.toThrow();
});
