/** What `npm run deploy` and `npm run destroy` do around the CDK, which is replaced by a program that deploys nothing. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { Parley } from '../support/parley.ts';
import { run, runAtTerminal } from './support/command.ts';
import { type Emulator, startEmulator } from './support/emulator.ts';
import { type Behaviour, type FakeCdk, fakeCdk } from './support/fake-cdk.ts';

const bootstrapVersion = '/cdk-bootstrap/hnb659fds/version';
const scratch = mkdtempSync(join(tmpdir(), 'parley-deploy-command-'));
let emulator: Emulator;
/** What "was deployed": the embedded runtime. */
let parley: Parley;
/** Something else at its address, which knows of its health only. */
let api: Server;
let health: { status: number; body: object };
let runs = 0;

beforeAll(async () => {
  parley = await Parley.start();
  emulator = await startEmulator();
  Object.assign(process.env, emulator.environment);
  api = createServer((_, response) => {
    response.writeHead(health.status).end(JSON.stringify(health.body));
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
});
beforeEach(async () => {
  health = { status: 200, body: { status: 'ok', version: packageJson.version } };
  await bootstrapped('30');
});
afterAll(async () => {
  api?.close();
  await parley?.close();
  await emulator?.stop();
  rmSync(scratch, { recursive: true });
});

async function bootstrapped(version: string | undefined): Promise<void> {
  const ssm = new SSMClient({});
  if (version === undefined) await ssm.send(new DeleteParameterCommand({ Name: bootstrapVersion }));
  else {
    const parameter = { Name: bootstrapVersion, Value: version, Type: 'String', Overwrite: true } as const;
    await ssm.send(new PutParameterCommand(parameter));
  }
}

function outputs(http = `${parley.runtime.url}/v1`) {
  return {
    'ParleyData-dev': {},
    'ParleyService-dev': { HttpUrl: http, WebSocketUrl: parley.runtime.webSocketUrl },
    'ParleyWeb-dev': { WebUrl: 'https://chat.example.com' },
  };
}

/** Where only `/health` is answered. */
function hollow() {
  const address = api.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port');
  return outputs(`http://127.0.0.1:${address.port}/v1`);
}

async function commandAtTerminal(script: string, options: string[], keys: string) {
  runs += 1;
  const cdk = fakeCdk(join(scratch, String(runs)), { outputs: outputs() });
  const environment = { ...emulator.environment, ...cdk.environment };
  const outcome = await runAtTerminal(script, options, environment, keys);
  return { ...outcome, commands: cdk.calls().map(([name]) => name) };
}

async function command(script: string, options: string[], behaviour: Behaviour = {}, environment = {}) {
  runs += 1;
  const cdk: FakeCdk = fakeCdk(join(scratch, String(runs)), { outputs: outputs(), ...behaviour });
  const outcome = await run(script, options, { ...emulator.environment, ...cdk.environment, ...environment });
  return { ...outcome, calls: cdk.calls() };
}

describe('npm run deploy', () => {
  test('shows what will change, deploys it, prints its addresses, and chats on it', async () => {
    const { code, stdout, stderr, calls } = await command('scripts/deploy.ts', ['--stage', 'dev', '--yes']);
    expect(code, stderr).toBe(0);
    expect(calls.map(([name]) => name)).toEqual(['diff', 'deploy']);
    for (const call of calls) expect(call).toContain('--all');
    expect(stdout).toContain('Stage dev goes to account 000000000000, region us-east-1.');
    expect(stdout).toContain('Web client     https://chat.example.com');
    expect(stdout).toContain(`WebSocket API  ${parley.runtime.webSocketUrl}`);
    expect(stdout).toMatch(/\d\d passed, 0 failed, 0 skipped/);
  });

  test('changes nothing where nobody can be asked', async () => {
    const { code, stderr, calls } = await command('scripts/deploy.ts', ['--stage', 'dev']);
    expect(code).toBe(1);
    expect(stderr).toContain('add --yes');
    expect(calls.map(([name]) => name)).toEqual(['diff']);
  });

  test('asks whoever is there, and goes on at "yes" only', async () => {
    const agreed = await commandAtTerminal('scripts/deploy.ts', ['--stage', 'dev'], 'yes');
    expect(agreed).toMatchObject({ code: 0, commands: ['diff', 'deploy'] });
    const declined = await commandAtTerminal('scripts/deploy.ts', ['--stage', 'dev'], 'y');
    expect(declined).toMatchObject({ code: 1, commands: ['diff'] });
    expect(declined.said).toContain('Nothing was changed.');
  });

  test('says how to prepare an account for the CDK', async () => {
    await bootstrapped(undefined);
    const { stderr, calls } = await command('scripts/deploy.ts', ['--stage', 'dev', '--yes']);
    expect(stderr).toBe(
      'Account 000000000000 is not yet prepared for the CDK in us-east-1: run `npx cdk bootstrap aws://000000000000/us-east-1` once, then this again.\n',
    );
    expect(calls).toEqual([]);
  });

  test('says how to renew a bootstrap that is too old', async () => {
    await bootstrapped('5');
    const { stderr, calls } = await command('scripts/deploy.ts', ['--stage', 'dev', '--yes']);
    expect(stderr).toContain('is of version 5, and 6 is needed: run `npx cdk bootstrap');
    expect(calls).toEqual([]);
  });

  test('says what it lacks: a stage, a region, credentials', async () => {
    const nothing = await command('scripts/deploy.ts', []);
    expect(nothing.stderr).toBe('Which stage? `npm run deploy -- --stage dev|prod`\n');
    const elsewhere = await command('scripts/deploy.ts', ['--stage', 'localstack']);
    expect(elsewhere.stderr).toContain('npm run deploy:localstack');
    const nowhere = {
      AWS_REGION: '',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
    const noRegion = await command('scripts/deploy.ts', ['--stage', 'dev'], {}, nowhere);
    expect(noRegion.stderr).toContain('No region to deploy to: give stage "dev" a "region"');
    const nobody = { ...nowhere, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    const noCredentials = await command('scripts/deploy.ts', ['--stage', 'dev'], {}, nobody);
    expect(noCredentials.stderr).toContain('AWS did not accept the credentials of this shell');
    for (const { code, calls } of [nothing, elsewhere, noRegion, noCredentials]) {
      expect(code).toBe(1);
      expect(calls).toEqual([]);
    }
  });

  test('ends where the CDK fails, and where what was deployed does not answer as it should', async () => {
    const failed = await command('scripts/deploy.ts', ['--stage', 'dev', '--yes'], { failing: 'deploy' });
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('`cdk deploy` failed (exit code 3)'),
    });
    health = { status: 500, body: {} };
    const broken = await command('scripts/deploy.ts', ['--stage', 'dev', '--yes'], { outputs: hollow() });
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('answers 500') });
    health = { status: 200, body: { status: 'ok', version: '0.0.1' } };
    const old = await command('scripts/deploy.ts', ['--stage', 'dev', '--yes'], { outputs: hollow() });
    expect(old).toMatchObject({ code: 1, stderr: expect.stringContaining('answers as version 0.0.1') });
  });

  test('says so where nobody can chat on what was deployed', async () => {
    const { code, stdout, stderr } = await command('scripts/deploy.ts', ['--stage', 'dev', '--yes'], {
      outputs: hollow(),
    });
    expect(code).toBe(1);
    expect(stdout).toContain('FAILED');
    expect(stderr).toContain('Stage dev is deployed, but does not do all that it should');
  });
});

describe('npm run destroy', () => {
  test('empties the buckets of a stage that keeps nothing, then removes its stacks', async () => {
    const s3 = new S3Client({ forcePathStyle: true });
    const Bucket = 'parley-failed-records';
    await new CloudFormationClient({}).send(
      new CreateStackCommand({
        StackName: 'ParleyData-dev',
        TemplateBody: JSON.stringify({
          Resources: { FailedRecords: { Type: 'AWS::S3::Bucket', Properties: { BucketName: Bucket } } },
        }),
      }),
    );
    await s3.send(new PutObjectCommand({ Bucket, Key: 'some/record', Body: 'lost' }));

    const { code, stdout, stderr, calls } = await command('scripts/destroy.ts', ['--stage', 'dev', '--yes']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('Goes: ParleyWeb-dev, ParleyService-dev, ParleyData-dev.');
    expect(stdout).toContain('ALL ACCOUNTS AND MESSAGES');
    expect(calls).toEqual([
      [
        'destroy',
        'ParleyWeb',
        'ParleyService',
        'ParleyData',
        '--exclusively',
        '--force',
        '--app',
        expect.anything(),
      ],
    ]);
    expect((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).toEqual([]);
  });

  test('leaves the data of a protected stage where it is', async () => {
    const { code, stdout, stderr, calls } = await command('scripts/destroy.ts', ['--stage', 'prod', '--yes']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('Stays: ParleyData-prod with all accounts and messages');
    expect(calls[0]).not.toContain('ParleyData');
  });

  test('changes nothing where nobody can be asked', async () => {
    const { code, stderr, calls } = await command('scripts/destroy.ts', ['--stage', 'dev']);
    expect({ code, calls }).toEqual({ code: 1, calls: [] });
    expect(stderr).toContain('add --yes');
  });

  test('wants the name of the stage typed', async () => {
    const agreed = await commandAtTerminal('scripts/destroy.ts', ['--stage', 'prod'], 'prod');
    expect(agreed).toMatchObject({ code: 0, commands: ['destroy'] });
    const declined = await commandAtTerminal('scripts/destroy.ts', ['--stage', 'prod'], 'yes');
    expect(declined).toMatchObject({ code: 1, commands: [] });
  });
});
