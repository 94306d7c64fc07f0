import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../streams/fixtures/until.ts';
import { emulatorClient } from './aws-client.ts';
import { startDynamoDb } from './dynamodb.ts';
import { findDynoxide } from './dynoxide.ts';
import { access } from './fixtures/access.ts';
import { hasPrivateNetworks } from './private-network.ts';

let folder: string;
const others: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-dynamodb-'));
});
afterEach(() => {
  for (const other of others.splice(0)) other.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A process of its own that starts the emulator on the folder, says where, and then waits to be killed. */
async function startElsewhere() {
  const script = `
    import { startDynamoDb } from ${JSON.stringify(join(import.meta.dirname, 'dynamodb.ts'))};
    const { endpoint } = await startDynamoDb({
      dataDirectory: ${JSON.stringify(folder)},
      accessKeyId: ${JSON.stringify(access.accessKeyId)},
      log: () => {},
    });
    console.log(endpoint);
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  others.push(child);
  const [endpoint] = await once(createInterface(child.stdout), 'line');
  return {
    child,
    endpoint: String(endpoint),
    emulatorPid: Number(readFileSync(join(folder, 'dynamodb.pid'), 'utf8')),
  };
}

/** A killed process may stay as a zombie until its parent asks; it runs no more either way. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/cmdline`) || readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

async function put(endpoint: string, id: string, create = false): Promise<void> {
  const client = new DynamoDBClient(emulatorClient(endpoint, access));
  if (create) {
    await client.send(
      new CreateTableCommand({
        TableName: 'Things',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  }
  await client.send(new PutItemCommand({ TableName: 'Things', Item: { id: { S: id } } }));
  client.destroy();
}

async function has(endpoint: string, id: string, as = access): Promise<boolean> {
  const client = new DynamoDBClient(emulatorClient(endpoint, as));
  const { Item } = await client.send(new GetItemCommand({ TableName: 'Things', Key: { id: { S: id } } }));
  client.destroy();
  return Item !== undefined;
}

describe('the emulator’s process', () => {
  test('ends when it is closed', async () => {
    const emulator = await startDynamoDb({ dataDirectory: folder, ...access, log: () => {} });
    const pid = Number(readFileSync(join(folder, 'dynamodb.pid'), 'utf8'));
    expect(isRunning(pid)).toBe(true);
    await emulator.close();
    expect(isRunning(pid)).toBe(false);
  });

  test('dies with a runtime that is killed and can do nothing about it', async () => {
    const { child, emulatorPid } = await startElsewhere();
    child.kill('SIGKILL');
    await until(() => !isRunning(emulatorPid));
  });

  test('keeps acknowledged writes when both are killed, and a start right after it finds them', async () => {
    const { child, endpoint, emulatorPid } = await startElsewhere();
    await put(endpoint, 'acknowledged', true);
    child.kill('SIGKILL');
    process.kill(emulatorPid, 'SIGKILL');
    const emulator = await startDynamoDb({ dataDirectory: folder, ...access, log: () => {} });
    expect(await has(emulator.endpoint, 'acknowledged')).toBe(true);
    await emulator.close();
  });

  test('left over from another run is ended before the next one opens the database', async () => {
    const { child, emulatorPid } = await startElsewhere();
    // Stopped, the other runtime neither dies nor ends its emulator.
    child.kill('SIGSTOP');
    const emulator = await startDynamoDb({ dataDirectory: folder, ...access, log: () => {} });
    expect(isRunning(emulatorPid)).toBe(false);
    await emulator.close();
    child.kill('SIGKILL');
  });

  test('is reported when it ends by itself', async () => {
    const reasons: string[] = [];
    const emulator = await startDynamoDb({
      dataDirectory: folder,
      ...access,
      log: () => {},
      onUnexpectedEnd: (reason) => reasons.push(reason),
    });
    process.kill(Number(readFileSync(join(folder, 'dynamodb.pid'), 'utf8')), 'SIGKILL');
    await until(() => reasons.length === 1);
    expect(reasons[0]).toBe('The DynamoDB emulator ended (SIGKILL)');
    await emulator.close();
  });
});

describe('the emulator behind it', () => {
  test.runIf(process.platform === 'linux')(
    'is not found where everyone looks, and by nobody where it has a network of its own',
    async () => {
      const emulator = await startDynamoDb({ dataDirectory: folder, ...access, log: () => {} });
      const pid = readFileSync(join(folder, 'dynamodb.pid'), 'utf8');
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const [host = '', port = ''] = ['--host', '--port'].map(
        (name) => commandLine[commandLine.indexOf(name) + 1],
      );
      expect(await isOpen('127.0.0.1', port)).toBe(false);
      expect(await isOpen(host, port)).toBe(!(await hasPrivateNetworks([folder])));
      await emulator.close();
    },
  );

  test('cannot be used without the key', async () => {
    const emulator = await startDynamoDb({ dataDirectory: folder, ...access, log: () => {} });
    await put(emulator.endpoint, 'mine', true);
    const stranger = { ...access, accessKeyId: 'local' };
    await expect(has(emulator.endpoint, 'mine', stranger)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('endpoints.json'),
    });
    await emulator.close();
  });
});

function isOpen(host: string, port: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

describe('where it comes from', () => {
  test('AWS_ENDPOINT_URL_DYNAMODB always wins', async () => {
    // What asks for no key of ours is asked with this one.
    const other = await startDynamoDb({ dataDirectory: folder, accessKeyId: 'local', log: () => {} });
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const environment = { AWS_ENDPOINT_URL_DYNAMODB: other.endpoint };
    const emulator = await startDynamoDb({ dataDirectory: elsewhere, ...access, log: () => {}, environment });
    await put(emulator.endpoint, 'there', true);
    expect(await has(other.endpoint, 'there', { ...access, accessKeyId: 'local' })).toBe(true);
    expect(readdirSync(elsewhere)).toEqual([]);
    await emulator.close();
    await other.close();
  });

  test('and where it names nothing that answers, one clear sentence', async () => {
    const environment = { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' };
    await expect(
      startDynamoDb({ dataDirectory: folder, ...access, log: () => {}, environment }),
    ).rejects.toThrow('AWS_ENDPOINT_URL_DYNAMODB names http://127.0.0.1:9, but nothing answers there.');
  });

  test('without a package for the platform, dynoxide on the PATH is used', () => {
    const packaged = findDynoxide({}).command;
    expect(findDynoxide({ PATH: `/nowhere:${join(packaged, '..')}` }, 'plan9-x64').command).toBe(packaged);
  });

  test('then npx, and without that one clear sentence', () => {
    const node = join(process.execPath, '..');
    expect(() => findDynoxide({ PATH: '/nowhere' }, 'plan9-x64')).toThrow(
      /^No DynamoDB emulator: @dynoxide\/plan9-x64 is not installed/,
    );
    if (existsSync(join(node, 'npx'))) {
      expect(findDynoxide({ PATH: node }, 'plan9-x64').args).toEqual(['--yes', 'dynoxide@1']);
    }
  });

  test('PARLEY_DYNOXIDE must name a program', () => {
    expect(() => findDynoxide({ PARLEY_DYNOXIDE: '/nowhere/dynoxide' })).toThrow(
      /^PARLEY_DYNOXIDE names \/nowhere/,
    );
  });

  test('a program that is no emulator is told in one sentence', async () => {
    const environment = { PARLEY_DYNOXIDE: '/bin/false' };
    await expect(
      startDynamoDb({ dataDirectory: folder, ...access, log: () => {}, environment }),
    ).rejects.toThrow(/^The DynamoDB emulator \(\/bin\/false\) did not start: /);
  });
});
