/** The emulator of AWS that these tests deploy to: the one that `AWS_ENDPOINT_URL` names, or a MiniStack of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from '../../support/deadline.ts';
import { pythonProgram } from '../../support/python-program.ts';

export type Emulator = {
  isMiniStack: boolean;
  endpoint: string;
  /** For the SDK, the CDK and our own scripts. */
  environment: Record<string, string>;
  stop(): Promise<void>;
};

export async function startEmulator(): Promise<Emulator> {
  const given = process.env['AWS_ENDPOINT_URL'];
  if (given !== undefined) {
    return {
      isMiniStack: false,
      endpoint: given,
      environment: environmentOf(given),
      stop: async () => undefined,
    };
  }
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const directory = mkdtempSync(join(tmpdir(), 'parley-ministack-'));
  const child = spawn(pythonProgram('ministack'), [], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      HOME: directory,
      TMPDIR: directory,
      // It runs the functions under the `node` that it finds: the one we run under, which is Lambda's version.
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      // Where functions find it.
      AWS_ENDPOINT_URL: endpoint,
    },
  });
  await within(announcement(child, /Running on http/), () => 'the start of MiniStack');
  return {
    isMiniStack: true,
    endpoint,
    environment: environmentOf(endpoint),
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function environmentOf(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Resolves at a line of its log, and keeps reading, or the program would wait for a reader some day. */
async function announcement(child: ChildProcess, pattern: RegExp): Promise<void> {
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    if (child.stderr === null) throw new Error('Started without a pipe');
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (pattern.test(line)) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`MiniStack ended by itself:\n${said.join('\n')}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port');
  server.close();
  await once(server, 'close');
  return address.port;
}
