/**
 * `npm run rotate-secret -- [--stage dev]`: a new key for the tokens, with nobody signed out. Takes six minutes, and may be
 * interrupted and run again. With `--revoke`, at once, and everybody is signed out. docs/operations.md, Rotating the token secret.
 */
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { keysAreFreshForMs } from '../shared/domain/secret-keys.ts';
import { findDeployment, targetUsage } from './deployment/find-deployment.ts';
import { nextStep, readSecret, revoked } from './rotating/rotation.ts';

const usage = `npm run rotate-secret -- [--force | --revoke] [--stage <name>]

  --force           also within 12 hours of the last time: signs out who has a token from before that
  --revoke          for a key that has leaked: drops every key of before at once, which signs everybody out
${targetUsage}`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      force: { type: 'boolean', default: false },
      revoke: { type: 'boolean', default: false },
      stage: { type: 'string' },
      region: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  if (values.force && values.revoke)
    throw new Error('--revoke does all that --force does: give one of them.');
  const deployment = await findDeployment(values);
  const client = new SecretsManagerClient(deployment.settings('secretsManager'));
  const SecretId = deployment.physicalId('TokenSecret');
  try {
    if (values.revoke) {
      // Whatever the secret holds: one that cannot be read is no reason to keep a leaked key.
      await client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(revoked()) }));
      return console.log(
        `Every token of ${deployment.description} is refused from ${new Date(Date.now() + keysAreFreshForMs).toISOString()} at the latest, and everybody has to sign in again. Open sockets stay open for up to two hours: npm run block closes those of a user.`,
      );
    }
    for (;;) {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
      const step = nextStep(readSecret(SecretString), Date.now(), values.force);
      if (step.do === 'refuse') {
        throw new Error(
          `The secret of ${deployment.description} was rotated a short while ago, and tokens of the key before it are good until ${new Date(step.until).toISOString()}. Wait, or sign their owners out with --force.`,
        );
      }
      if (step.do === 'wait') {
        console.log(`Every function reads the new key until ${new Date(step.until).toISOString()}. Waiting.`);
        await setTimeout(step.until - Date.now());
        continue;
      }
      await client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(step.secret) }));
      if (step.do === 'promote') return console.log(`${deployment.description} signs with the new key.`);
      console.log(`${deployment.description} takes tokens of a new key, and does not sign with it yet.`);
    }
  } finally {
    client.destroy();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
