import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Tokens } from '../../lambdas/services/tokens.ts';
import { SecretStore } from '../../lambdas/stores/secret-store.ts';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import { access } from '../../local/emulators/fixtures/access.ts';
import { type SecretsEmulator, startSecrets } from '../../local/emulators/secrets.ts';
import { nextStep, readSecret, revoked } from '../../scripts/rotating/rotation.ts';
import { tokenLifetimeMs } from '../../shared/domain/secret-keys.ts';

let dataDirectory: string;
let emulator: SecretsEmulator;
let client: SecretsManagerClient;
beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'parley-rotation-'));
  emulator = await startSecrets({ dataDirectory, ...access });
  client = new SecretsManagerClient(emulatorClient(emulator.endpoint, access));
});
afterAll(async () => {
  client.destroy();
  await emulator.close();
  await rm(dataDirectory, { recursive: true });
});

const minute = 60_000;
const start = Date.parse('2026-11-24T10:00:00.000Z');
const subject = { userId: 'usr_a', authEpoch: 1, sessionId: 'ses_a' };
let secrets = 0;

/** A secret of its own, and functions that remember its keys, all by one clock. */
function newDeployment(functions: number, secretString = '{"current":"first"}') {
  secrets += 1;
  const name = `secret-${secrets}`;
  const secret = emulator.secrets.create(
    name,
    `arn:aws:secretsmanager:us-east-1:0:secret:${name}-abcdef`,
    secretString,
  );
  const time = { now: start };
  const containers = Array.from(
    { length: functions },
    () => new Tokens(new SecretStore(client, secret.arn, () => time.now), () => time.now),
  );
  return {
    time,
    containers,
    keys: () => readSecret(secret.current.secretString),
    /** What the command does when it is run at this moment, up to its next wait. */
    async rotate(force = false): Promise<string> {
      const step = nextStep(readSecret(secret.current.secretString), time.now, force);
      if (step.do === 'offer' || step.do === 'promote') {
        const SecretString = JSON.stringify(step.secret);
        await client.send(new PutSecretValueCommand({ SecretId: secret.arn, SecretString }));
      }
      return step.do;
    },
    /** What the command does with `--revoke`. */
    revoke: () =>
      client.send(
        new PutSecretValueCommand({ SecretId: secret.arn, SecretString: JSON.stringify(revoked()) }),
      ),
  };
}

test('whenever functions read the keys, and whoever signs and whoever checks, no token is refused in its life', async () => {
  const event = fc.record({
    passMs: fc.nat({ max: 4 * minute }),
    signs: fc.nat({ max: 2 }),
    checks: fc.nat({ max: 2 }),
    rotates: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 10, maxLength: 40 }), async (events) => {
      const { time, containers, rotate } = newDeployment(3);
      const tokens: { token: string; goodUntil: number }[] = [];
      for (const { passMs, signs, checks, rotates } of events) {
        time.now += passMs;
        if (rotates) await rotate();
        const { token } = (await containers[signs]?.issue(subject)) ?? { token: '' };
        tokens.push({ token, goodUntil: time.now + tokenLifetimeMs - 1_000 });
        for (const { token: issued, goodUntil } of tokens) {
          if (time.now < goodUntil) expect(await containers[checks]?.verify(issued)).toEqual(subject);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('the new key signs six minutes after it was offered, and the one before is taken for as long as its tokens live', async () => {
  const { time, containers, rotate, keys } = newDeployment(1);
  const [container] = containers;
  const before = await container?.issue(subject);
  expect(await rotate()).toBe('offer');
  expect(await rotate()).toBe('wait');
  time.now += 6 * minute;
  expect(await rotate()).toBe('promote');
  expect(keys()).toMatchObject({ previous: 'first' });
  expect(keys().current).toHaveLength(64);
  time.now += tokenLifetimeMs - 7 * minute;
  expect(await container?.verify(before?.token ?? '')).toEqual(subject);
  expect(await rotate()).toBe('refuse');
  time.now += 13 * minute;
  expect(await rotate()).toBe('offer');
});

test('ninety days after a rotation the key before it opens nothing, whoever has it', async () => {
  const { time, containers, rotate, keys } = newDeployment(1);
  const { current: leaked } = keys();
  for (const expected of ['offer', 'promote']) {
    expect(await rotate()).toBe(expected);
    time.now += 6 * minute;
  }
  expect(keys().previous).toBe(leaked);
  time.now += 90 * 24 * 60 * minute;
  const forge = (claims: object) =>
    new SignJWT({ epoch: 1, sid: 'ses_a', ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('usr_victim')
      .setIssuer('parley')
      .sign(new TextEncoder().encode(leaked));
  const now = Math.floor(time.now / 1000);
  for (const claims of [{}, { iat: now }, { iat: now, exp: now + 60 }]) {
    const token = await forge(claims);
    await expect(containers[0]?.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
});

test('a forced rotation drops the key before the present one', async () => {
  const { time, containers, rotate } = newDeployment(1);
  const [container] = containers;
  const stolen = await container?.issue(subject);
  for (const expected of ['offer', 'promote']) {
    expect(await rotate()).toBe(expected);
    time.now += 6 * minute;
  }
  expect(await rotate(true)).toBe('offer');
  time.now += 6 * minute;
  await expect(container?.verify(stolen?.token ?? '')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a revoked key is refused once functions have read the secret again, and new sessions are good', async () => {
  const { time, containers, rotate, revoke } = newDeployment(1);
  const [container] = containers;
  const stolen = await container?.issue(subject);
  for (const expected of ['offer', 'promote']) {
    expect(await rotate()).toBe(expected);
    time.now += 6 * minute;
  }
  const present = await container?.issue(subject);
  await revoke();
  time.now += 5 * minute;
  for (const { token } of [stolen, present].map((one) => one ?? { token: '' })) {
    await expect(container?.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
  const next = await container?.issue(subject);
  expect(await container?.verify(next?.token ?? '')).toEqual(subject);
  // Nothing is left to wait for.
  expect(await rotate()).toBe('offer');
});

test('what a function has always been able to read, it reads during a rotation', async () => {
  const { rotate, keys } = newDeployment(1);
  await rotate();
  expect(keys()).toMatchObject({ current: 'first', previous: expect.any(String) });
});

test('a secret of an earlier version, or with a time that is none, keeps its key', async () => {
  const { containers } = newDeployment(1, '{"current":"first","previous":"zeroth","rotatedAt":"yesterday"}');
  const issued = await containers[0]?.issue(subject);
  expect(await containers[0]?.verify(issued?.token ?? '')).toEqual(subject);
});

test('a secret that is not one of ours is told without a word of it', () => {
  expect(() => readSecret('"s3cret"')).toThrow(/^The secret is not of the form/);
  expect(() => readSecret(undefined)).toThrow('restore its last version');
});
