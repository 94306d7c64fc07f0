import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findDeployment } from './find-deployment.ts';
import { restored } from './stage-deployment.ts';

let answer: (form: URLSearchParams) => { status: number; xml: string };
let server: Server;
let endpoint: string;
beforeEach(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { status, xml } = answer(new URLSearchParams(body));
    response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on TCP.
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.close();
});

describe('a stage', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', endpoint);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  });

  test('is found by what CloudFormation lists of its stacks, page by page', async () => {
    answer = (form) => {
      const pages: Record<string, string> = {
        'ParleyData-dev': `${resource('Users3A7D3B5C', 'AWS::DynamoDB::Table', 'gone').replace('CREATE_COMPLETE', 'DELETE_SKIPPED')}${resource('Users3A7D3B5C', 'AWS::DynamoDB::Table', 'ParleyData-dev-Users')}<NextToken>more</NextToken>`,
        'ParleyData-dev/more': resource(
          'Messages1B2C3D4E',
          'AWS::Kinesis::Stream',
          'ParleyData-dev-Messages',
        ),
        'ParleyService-dev': resource('StreamDeliverAABBCCDD', 'AWS::Lambda::Function', 'deliver-1'),
      };
      const token = form.get('NextToken');
      return { status: 200, xml: list(pages[`${form.get('StackName')}${token ? `/${token}` : ''}`] ?? '') };
    };
    const deployment = await findDeployment({ stage: 'dev', region: 'eu-west-1' });
    expect(deployment.description).toBe('stage dev in eu-west-1');
    expect(deployment.physicalId('Users')).toBe('ParleyData-dev-Users');
    expect(deployment.physicalId('Messages')).toBe('ParleyData-dev-Messages');
    expect(deployment.physicalId('StreamDeliver')).toBe('deliver-1');
    expect(() => deployment.physicalId('Nothing')).toThrow('has no Nothing');
    expect(deployment.settings('dynamodb')).toEqual({ region: 'eu-west-1' });
  });

  test('has the tables that were restored from a backup beside those of its stacks', () => {
    expect(restored({ Users: 'Users-restored' })).toEqual([
      { logicalId: 'Users', type: 'AWS::DynamoDB::Table', physicalId: 'Users-restored' },
    ]);
  });

  test('that is not deployed, or not to be seen, is said so with what to do', async () => {
    answer = () => ({
      status: 400,
      xml: failure('ValidationError', 'Stack with id ParleyData-dev does not exist'),
    });
    await expect(findDeployment({ stage: 'dev', region: 'eu-west-1' })).rejects.toThrow(
      'There is no stack ParleyData-dev in eu-west-1 of this account.',
    );
    answer = () => ({ status: 403, xml: failure('ExpiredToken', 'The security token is expired') });
    await expect(findDeployment({ stage: 'dev', region: 'eu-west-1' })).rejects.toThrow('Sign in');
  });

  test('of an unknown name, or a region alone, is refused', async () => {
    await expect(findDeployment({ stage: 'test' })).rejects.toThrow('--stage is one of dev, prod');
    await expect(findDeployment({ region: 'eu-west-1' })).rejects.toThrow('--region goes with --stage');
  });
});

describe('the embedded runtime', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-deployment-'));
    vi.stubEnv('PARLEY_DATA', folder);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is found by the files of its data folder', async () => {
    writeFileSync(
      join(folder, 'endpoints.json'),
      JSON.stringify({ dynamodb: 'http://127.0.0.1:1', kinesis: endpoint, accessKeyId: 'AKIDOFTHISSTART' }),
    );
    const resources = [{ logicalId: 'Users3A7D3B5C', type: 'AWS::DynamoDB::Table', physicalId: 'Users' }];
    writeFileSync(join(folder, 'resources.json'), JSON.stringify({ region: 'us-east-1', resources }));
    const deployment = await findDeployment({});
    expect(deployment.physicalId('Users')).toBe('Users');
    expect(deployment.settings('kinesis')).toMatchObject({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIDOFTHISSTART' },
    });
    expect(deployment.dataDirectory).toBe(folder);
  });

  test('that is not running, or never was, is said so with what to do', async () => {
    await expect(findDeployment({})).rejects.toThrow(`No Parley runs on ${folder}. Start it with`);
    // Port 1 answers nobody.
    writeFileSync(join(folder, 'endpoints.json'), JSON.stringify({ kinesis: 'http://127.0.0.1:1' }));
    writeFileSync(join(folder, 'resources.json'), JSON.stringify({ region: 'us-east-1', resources: [] }));
    await expect(findDeployment({})).rejects.toThrow(`No Parley runs on ${folder}.`);
  });
});

/** As recorded: docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html */
function list(members: string): string {
  const [resources, token = ''] = members.split(/(?=<NextToken>)/);
  return `<ListStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><ListStackResourcesResult><StackResourceSummaries>${resources}</StackResourceSummaries>${token}</ListStackResourcesResult></ListStackResourcesResponse>`;
}

function resource(logicalId: string, type: string, physicalId: string): string {
  return `<member><LogicalResourceId>${logicalId}</LogicalResourceId><PhysicalResourceId>${physicalId}</PhysicalResourceId><ResourceType>${type}</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>`;
}

function failure(code: string, message: string): string {
  return `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
}
