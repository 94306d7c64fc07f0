import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type FunctionError,
  type InvocationOutcome,
  type InvocationReport,
  isThrottled,
  type LambdaFunction,
  type LambdaLogLine,
  LambdaPool,
  type LambdaPoolOptions,
} from './lambda-pool.ts';

const directories: string[] = [];
const pools: LambdaPool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function lambda(source: string, changes: Partial<LambdaFunction> = {}): LambdaFunction {
  const codeDirectory = mkdtempSync(join(tmpdir(), 'parley-lambda-'));
  directories.push(codeDirectory);
  writeFileSync(join(codeDirectory, 'index.mjs'), source);
  return {
    name: 'Probe',
    codeDirectory,
    handler: 'index.handler',
    environment: {},
    timeoutSeconds: 10,
    memoryMegabytes: 128,
    ...changes,
  };
}

function poolOf(functions: LambdaFunction[], options: Partial<LambdaPoolOptions> = {}): LambdaPool {
  const pool = new LambdaPool({ functions, region: 'eu-west-1', accountId: '123456789012', ...options });
  pools.push(pool);
  return pool;
}

function payloadOf(outcome: InvocationOutcome): unknown {
  if ('functionError' in outcome) throw new Error(outcome.functionError.errorMessage);
  return outcome.payload;
}

function errorOf(outcome: InvocationOutcome): FunctionError {
  if ('payload' in outcome) throw new Error(`succeeded with ${JSON.stringify(outcome.payload)}`);
  return outcome.functionError;
}

const counter = `let count = 0;
export const handler = async (event) => { count += 1; return { count, event }; };`;

describe('an invocation', () => {
  test('gives the handler the event and answers with what it returns', async () => {
    const pool = poolOf([lambda(counter)]);
    const outcome = await pool.invoke('Probe', { hello: ['world', null], dropped: undefined });
    expect(payloadOf(outcome)).toEqual({ count: 1, event: { hello: ['world', null] } });
  });

  test('reuses the warm environment, state included', async () => {
    const pool = poolOf([lambda(counter)]);
    await pool.invoke('Probe', {});
    expect(payloadOf(await pool.invoke('Probe', {}))).toMatchObject({ count: 2 });
  });

  test('gives a context like that of AWS', async () => {
    const source = `export const handler = async (event, context) => ({
      ...context, remaining: context.getRemainingTimeInMillis() });`;
    const pool = poolOf([lambda(source, { timeoutSeconds: 7 })]);
    const context = payloadOf(await pool.invoke('Probe', {}));
    expect(context).toMatchObject({
      functionName: 'Probe',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:Probe',
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/Probe',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(context).toHaveProperty(
      'remaining',
      expect.toSatisfy((n: number) => n > 6000 && n <= 7000),
    );
  });

  test('sees its own environment variables and none of this process', async () => {
    process.env['PARLEY_SECRET_OF_THE_HOST'] = 'seen';
    const source = 'export const handler = async () => process.env;';
    const pool = poolOf([lambda(source, { environment: { USERS_TABLE: 'users' } })], {
      environment: { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' },
    });
    const environment = payloadOf(await pool.invoke('Probe', {}));
    delete process.env['PARLEY_SECRET_OF_THE_HOST'];
    expect(environment).toMatchObject({
      USERS_TABLE: 'users',
      AWS_REGION: 'eu-west-1',
      AWS_LAMBDA_FUNCTION_NAME: 'Probe',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
    });
    expect(environment).not.toHaveProperty('PARLEY_SECRET_OF_THE_HOST');
  });

  test('turns a missing return value into null', async () => {
    const pool = poolOf([lambda('export const handler = async () => undefined;')]);
    expect(payloadOf(await pool.invoke('Probe', {}))).toBeNull();
  });

  test('of an unknown function is ResourceNotFoundException', async () => {
    expect(errorOf(await poolOf([]).invoke('Nobody', {})).errorType).toBe('ResourceNotFoundException');
  });

  test('imports the preloaded modules before the code', async () => {
    const preloaded = lambda('globalThis.preloaded = 42;');
    const source = 'const found = globalThis.preloaded; export const handler = async () => found;';
    const pool = poolOf([lambda(source)], { preload: [join(preloaded.codeDirectory, 'index.mjs')] });
    expect(payloadOf(await pool.invoke('Probe', {}))).toBe(42);
  });

  test('refuses payloads above 6 MB both ways', async () => {
    const pool = poolOf([lambda(`export const handler = async ({ size }) => 'x'.repeat(size ?? 0);`)]);
    const tooLarge = errorOf(await pool.invoke('Probe', { text: 'x'.repeat(6 * 1024 * 1024) }));
    expect(tooLarge.errorType).toBe('RequestEntityTooLargeException');
    const answer = errorOf(await pool.invoke('Probe', { size: 7_000_000 }));
    expect(answer.errorType).toBe('Function.ResponseSizeTooLarge');
    expect(payloadOf(await pool.invoke('Probe', { size: 2 }))).toBe('xx');
  });
});

describe('a failing handler', () => {
  test('reports the name and message of what it threw, and the environment lives on', async () => {
    const source = `let count = 0;
      export const handler = async (event) => {
        count += 1;
        if (event.fail) throw new TypeError('bad event');
        return count;
      };`;
    const pool = poolOf([lambda(source)]);
    const error = errorOf(await pool.invoke('Probe', { fail: true }));
    expect(error).toEqual({ errorType: 'TypeError', errorMessage: 'bad event' });
    expect(payloadOf(await pool.invoke('Probe', {}))).toBe(2);
  });

  test('may throw what is no Error', async () => {
    const pool = poolOf([lambda(`export const handler = async () => { throw 'Unauthorized'; };`)]);
    const error = errorOf(await pool.invoke('Probe', {}));
    expect(error).toEqual({ errorType: 'string', errorMessage: 'Unauthorized' });
  });

  test('is stopped at its time-out and has a fresh environment next time', async () => {
    const source = `let count = 0;
      export const handler = async (event) => { count += 1; if (event.hang) for (;;); return count; };`;
    const pool = poolOf([lambda(source, { timeoutSeconds: 0.2 })]);
    await pool.invoke('Probe', {});
    const error = errorOf(await pool.invoke('Probe', { hang: true }));
    expect(error.errorType).toBe('Sandbox.Timedout');
    expect(error.errorMessage).toMatch(/Task timed out after 0\.20 seconds$/);
    expect(payloadOf(await pool.invoke('Probe', {}))).toBe(1);
  });

  test('that exits is Runtime.ExitError and has a fresh environment next time', async () => {
    const source = `let count = 0;
      export const handler = async (event) => { count += 1; if (event.exit) process.exit(3); return count; };`;
    const pool = poolOf([lambda(source)]);
    await pool.invoke('Probe', {});
    const error = errorOf(await pool.invoke('Probe', { exit: true }));
    expect(error).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: 'Error: Runtime exited with error: exit status 3',
    });
    expect(payloadOf(await pool.invoke('Probe', {}))).toBe(1);
  });

  test('that throws outside of its promise fails the invocation and loses the environment', async () => {
    const source = `let count = 0;
      export const handler = (event) => new Promise((resolve) => {
        count += 1;
        if (event.uncaught) setImmediate(() => { throw new RangeError('late'); });
        else if (event.unhandled) Promise.reject(new Error('forgotten'));
        else resolve(count);
      });`;
    const pool = poolOf([lambda(source)]);
    expect(errorOf(await pool.invoke('Probe', { uncaught: true }))).toEqual({
      errorType: 'RangeError',
      errorMessage: 'late',
    });
    expect(payloadOf(await pool.invoke('Probe', {}))).toBe(1);
    expect(errorOf(await pool.invoke('Probe', { unhandled: true })).errorType).toBe(
      'Runtime.UnhandledPromiseRejection',
    );
    expect(payloadOf(await pool.invoke('Probe', {}))).toBe(1);
  });

  test('that uses up its memory is Runtime.ExitError', async () => {
    const source = `export const handler = async () => { const all = []; for (;;) all.push(new Array(1e5).fill({})); };`;
    const pool = poolOf([lambda(source, { memoryMegabytes: 16 })]);
    expect(errorOf(await pool.invoke('Probe', {})).errorType).toBe('Runtime.ExitError');
  });
});

describe('init', () => {
  test.each([
    ['throw new RangeError("no table")', 'RangeError'],
    ['export const other = 1;', 'Runtime.HandlerNotFound'],
    ['import "nowhere-to-be-found"; export const handler = async () => 1;', 'Runtime.ImportModuleError'],
    ['export const handler = async () => {', 'Runtime.UserCodeSyntaxError'],
    ['export const handler = (event, context, callback) => callback();', 'Runtime.CallbackHandlerDeprecated'],
    ['process.exit(1)', 'Runtime.ExitError'],
  ])('that fails with %s fails the invocation as %s', async (source, errorType) => {
    const pool = poolOf([lambda(source)]);
    expect(errorOf(await pool.invoke('Probe', {})).errorType).toBe(errorType);
  });

  test('is tried anew by the next invocation', async () => {
    const marker = join(lambda('').codeDirectory, 'tried');
    const source = `import { existsSync, writeFileSync } from 'node:fs';
      if (!existsSync(${JSON.stringify(marker)})) { writeFileSync(${JSON.stringify(marker)}, ''); throw new Error('first'); }
      export const handler = async () => 'fine';`;
    const pool = poolOf([lambda(source)]);
    expect(errorOf(await pool.invoke('Probe', {})).errorMessage).toBe('first');
    expect(payloadOf(await pool.invoke('Probe', {}))).toBe('fine');
  });

  test('can be had in advance', async () => {
    const reports: InvocationReport[] = [];
    const pool = poolOf([lambda(counter)], { onInvocation: (report) => reports.push(report) });
    await pool.warm('Probe');
    await pool.invoke('Probe', {});
    await pool.invoke('Probe', {});
    expect(reports.map((report) => report.coldStart)).toEqual([true, false]);
  });
});

describe('concurrency', () => {
  /** Every invocation waits for a request of this server to be answered. */
  async function gate() {
    const waiting: { id: string; release: () => void }[] = [];
    const server = createServer((request, response) => {
      waiting.push({ id: request.url ?? '', release: () => response.end('open') });
      server.emit('arrival');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const arrivals = async (count: number) => {
      while (waiting.length < count) await once(server, 'arrival');
    };
    return {
      server,
      waiting,
      arrivals,
      source: (name: string) => `export const handler = async (event) => {
      const answer = await fetch('http://127.0.0.1:${port}/${name}' + event.id);
      await answer.text();
      return event.id; };`,
    };
  }

  test('runs up to the cap at once and the rest in order of arrival', async () => {
    const { server, waiting, arrivals, source } = await gate();
    const pool = poolOf([lambda(source(''))], { concurrencyPerFunction: 2 });
    const outcomes = ['a', 'b', 'c', 'd'].map((id) => pool.invoke('Probe', { id }));
    await arrivals(2);
    expect(new Set(waiting.map(({ id }) => id))).toEqual(new Set(['/a', '/b']));
    waiting[0]?.release();
    await arrivals(3);
    expect(waiting[2]?.id).toBe('/c');
    waiting[1]?.release();
    await arrivals(4);
    for (const { release } of waiting) release();
    expect((await Promise.all(outcomes)).map(payloadOf)).toEqual(['a', 'b', 'c', 'd']);
    server.close();
  });

  test('keeps to the reserved concurrency of a function, and 0 switches it off', async () => {
    const { server, waiting, arrivals, source } = await gate();
    const pool = poolOf([
      lambda(source('one-'), { name: 'One', reservedConcurrency: 1 }),
      lambda(source('two-'), { name: 'Two' }),
      lambda(counter, { name: 'Off', reservedConcurrency: 0 }),
    ]);
    const outcomes = [
      pool.invoke('One', { id: 'a' }),
      pool.invoke('One', { id: 'b' }),
      pool.invoke('Two', { id: 'c' }),
    ];
    await arrivals(2);
    expect(new Set(waiting.map(({ id }) => id))).toEqual(new Set(['/one-a', '/two-c']));
    waiting[0]?.release();
    waiting[1]?.release();
    await arrivals(3);
    waiting[2]?.release();
    expect((await Promise.all(outcomes)).map(payloadOf)).toEqual(['a', 'b', 'c']);
    expect(errorOf(await pool.invoke('Off', {})).errorType).toBe('TooManyRequestsException');
    server.close();
  });

  test('what waits too long, or finds too many waiting, is throttled and never run', async () => {
    const { server, waiting, arrivals, source } = await gate();
    const pool = poolOf([lambda(source(''))], {
      concurrencyPerFunction: 1,
      maxWaiting: 1,
      patienceMilliseconds: 20,
    });
    const running = pool.invoke('Probe', { id: 'a' });
    const tooLong = pool.invoke('Probe', { id: 'b' });
    const tooMany = pool.invoke('Probe', { id: 'c' });
    for (const outcome of [await tooMany, await tooLong]) {
      expect(errorOf(outcome)).toEqual({
        errorType: 'TooManyRequestsException',
        errorMessage: 'Rate Exceeded.',
      });
    }
    const event = pool.invoke('Probe', { id: 'd' }, 'event');
    await arrivals(1);
    waiting[0]?.release();
    await arrivals(2);
    waiting[1]?.release();
    expect(payloadOf(await running)).toBe('a');
    expect(payloadOf(await event)).toBe('d');
    expect(waiting.map(({ id }) => id)).toEqual(['/a', '/d']);
    server.close();
  });

  test('a flood of one function throttles no other', async () => {
    const { server, waiting, arrivals, source } = await gate();
    const pool = poolOf([lambda(source('flood-'), { name: 'Flood' }), lambda(counter, { name: 'Other' })], {
      maxWaiting: 2,
    });
    const flood = Array.from({ length: 7 }, (_, id) => pool.invoke('Flood', { id }));
    expect(errorOf((await flood.at(-1)) ?? { payload: 'none' }).errorType).toBe('TooManyRequestsException');
    expect(payloadOf(await pool.invoke('Other', {}))).toMatchObject({ count: 1 });
    await arrivals(4);
    for (const { release } of waiting) release();
    await arrivals(6);
    for (const { release } of waiting) release();
    expect((await Promise.all(flood.slice(0, 6))).map(payloadOf)).toEqual([0, 1, 2, 3, 4, 5]);
    server.close();
  });

  test('one that is not enough for both requests and events is refused', () => {
    expect(() => poolOf([lambda(counter)], { concurrency: 1 })).toThrow('concurrency is at least 2');
  });

  test('an error of a function is no throttle, whatever its name', async () => {
    const source = `export const handler = async () => { throw Object.assign(new Error('busy'), { name: 'TooManyRequestsException' }); };`;
    const outcome = await poolOf([lambda(source)]).invoke('Probe', {});
    expect(errorOf(outcome).errorType).toBe('TooManyRequestsException');
    expect(isThrottled(outcome)).toBe(false);
  });

  test('events have room of their own, however many requests wait', async () => {
    const { server, waiting, arrivals, source } = await gate();
    const names = ['Event', 'Request'];
    const pool = poolOf(
      names.map((name) => lambda(source(`${name}-`), { name })),
      { concurrency: 3 },
    );
    const outcomes = [
      ...['1', '2', '3'].map((id) => pool.invoke('Request', { id })),
      pool.invoke('Event', { id: '1' }, 'event'),
    ];
    await arrivals(3);
    expect(new Set(waiting.map(({ id }) => id))).toEqual(new Set(['/Request-1', '/Request-2', '/Event-1']));
    for (const { release } of waiting) release();
    await arrivals(4);
    waiting[3]?.release();
    expect((await Promise.all(outcomes)).map(payloadOf)).toEqual(['1', '2', '3', '1']);
    server.close();
  });

  test('events leave room for requests, and sockets that connect go before either', async () => {
    const { server, waiting, arrivals, source } = await gate();
    const names = ['Event', 'Request', 'Connect'];
    const pool = poolOf(
      names.map((name) => lambda(source(`${name}-`), { name })),
      { concurrency: 2 },
    );
    const outcomes = [
      pool.invoke('Event', { id: '1' }, 'event'),
      pool.invoke('Event', { id: '2' }, 'event'),
      pool.invoke('Request', { id: '1' }),
      pool.invoke('Request', { id: '2' }),
      pool.invoke('Connect', { id: '1' }, 'connecting'),
    ];
    await arrivals(2);
    expect(new Set(waiting.map(({ id }) => id))).toEqual(new Set(['/Event-1', '/Request-1']));
    waiting.find(({ id }) => id === '/Request-1')?.release();
    await arrivals(3);
    expect(waiting[2]?.id).toBe('/Connect-1');
    waiting[2]?.release();
    await arrivals(4);
    expect(waiting[3]?.id).toBe('/Request-2');
    for (const { release } of waiting) release();
    await arrivals(5);
    waiting[4]?.release();
    expect((await Promise.all(outcomes)).map(payloadOf)).toEqual(['1', '2', '1', '2', '1']);
    server.close();
  });

  test('an idle environment gives way to a function that has none, and not to one that wants more', async () => {
    const { server, waiting, arrivals, source } = await gate();
    const pool = poolOf([lambda(source('a-'), { name: 'A' }), lambda(counter, { name: 'B' })], {
      maxEnvironments: 2,
      keptMilliseconds: 600_000,
    });
    expect(payloadOf(await pool.invoke('B', {}))).toMatchObject({ count: 1 });
    const outcomes = [pool.invoke('A', { id: '1' }), pool.invoke('A', { id: '2' })];
    await arrivals(1);
    expect(payloadOf(await pool.invoke('B', {}))).toMatchObject({ count: 2 });
    waiting[0]?.release();
    await arrivals(2);
    waiting[1]?.release();
    expect((await Promise.all(outcomes)).map(payloadOf)).toEqual(['1', '2']);
    server.close();
  });

  test('an idle environment gives way to a function that needs one', async () => {
    const names = ['A', 'B', 'C'];
    const pool = poolOf(
      names.map((name) => lambda(counter, { name })),
      { maxEnvironments: 2 },
    );
    for (const name of [...names, 'A']) {
      expect(payloadOf(await pool.invoke(name, {}))).toMatchObject({ count: 1 });
    }
    expect(payloadOf(await pool.invoke('A', {}))).toMatchObject({ count: 2 });
  });

  test('environments that idle are given up, but for the last', async () => {
    const { server, waiting, arrivals, source } = await gate();
    const pool = poolOf([lambda(source(''))], { idleMilliseconds: 20 });
    const outcomes = ['a', 'b', 'c'].map((id) => pool.invoke('Probe', { id }));
    await arrivals(3);
    expect(pool.environmentCount).toBe(3);
    for (const { release } of waiting) release();
    await Promise.all(outcomes);
    await vi.waitFor(() => expect(pool.environmentCount).toBe(1));
    const last = pool.invoke('Probe', { id: 'd' });
    await arrivals(4);
    waiting[3]?.release();
    expect(payloadOf(await last)).toBe('d');
    server.close();
  });

  test('close ends what runs and what waits with an error', async () => {
    const { server, arrivals, source } = await gate();
    const pool = poolOf([lambda(source(''))], { concurrencyPerFunction: 1 });
    const outcomes = [pool.invoke('Probe', { id: 'a' }), pool.invoke('Probe', { id: 'b' })];
    await arrivals(1);
    await pool.close();
    const errors = (await Promise.all(outcomes)).map(errorOf);
    expect(errors[0]?.errorType).toBe('Runtime.ExitError');
    expect(errors[1]?.errorType).toBe('Runtime.PoolClosed');
    expect(errorOf(await pool.invoke('Probe', {})).errorType).toBe('Runtime.PoolClosed');
    server.closeAllConnections();
    server.close();
  });
});

describe('what a function does is seen', () => {
  test('its log lines', async () => {
    const lines: LambdaLogLine[] = [];
    const source = `export const handler = async () => {
      console.log('one\\ntwo'); console.error('three'); process.stdout.write('no end'); process.exit(0); };`;
    const pool = poolOf([lambda(source)], { onLog: (line) => lines.push(line) });
    await pool.invoke('Probe', {});
    await pool.close();
    expect(lines).toEqual(
      expect.arrayContaining([
        { functionName: 'Probe', stream: 'stdout', line: 'one', invocationId: expect.any(String) },
        { functionName: 'Probe', stream: 'stdout', line: 'two', invocationId: expect.any(String) },
        { functionName: 'Probe', stream: 'stderr', line: 'three', invocationId: expect.any(String) },
      ]),
    );
  });

  test('which invocation wrote a line, also where the line before it had no end', async () => {
    const lines: LambdaLogLine[] = [];
    const reports: InvocationReport[] = [];
    const source = `console.log('init');
      export const handler = async (n) => { console.log('say', n); console.error('cry', n); process.stdout.write('rest ' + n); };`;
    const pool = poolOf([lambda(source)], {
      onLog: (line) => lines.push(line),
      onInvocation: (report) => reports.push(report),
    });
    await pool.invoke('Probe', 1);
    await pool.invoke('Probe', 2);
    // Lines come through pipes, and closing ends those.
    await vi.waitFor(() => {
      expect(lines.map(({ line }) => line)).toEqual(expect.arrayContaining(['say 2', 'cry 2']));
    });
    await pool.close();
    const of = (index: number) => {
      const own = lines.filter((line) => line.invocationId === reports[index]?.invocationId);
      return own.map(({ line }) => line).sort();
    };
    expect(of(0)).toEqual(['cry 1', 'rest 1', 'say 1']);
    expect(of(1)).toEqual(expect.arrayContaining(['cry 2', 'say 2']));
    expect(lines.find(({ line }) => line === 'init')?.invocationId).toBeUndefined();
  });

  test('its AWS calls, by operation', async () => {
    const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sdk = (name: string) => JSON.stringify(import.meta.resolve(`@aws-sdk/client-${name}`));
    const source = `
      import { DynamoDBClient, GetItemCommand } from ${sdk('dynamodb')};
      import { ApiGatewayManagementApiClient, PostToConnectionCommand } from ${sdk('apigatewaymanagementapi')};
      const dynamodb = new DynamoDBClient({}), connections = new ApiGatewayManagementApiClient({});
      export const handler = async () => {
        const get = () => dynamodb.send(new GetItemCommand({ TableName: 't', Key: { k: { S: 'v' } } }));
        await get(); await get();
        await connections.send(new PostToConnectionCommand({ ConnectionId: 'a=', Data: 'hi' }));
        await fetch('${endpoint}');
      };`;
    const reports: InvocationReport[] = [];
    const pool = poolOf([lambda(source)], {
      environment: {
        AWS_ENDPOINT_URL_DYNAMODB: endpoint,
        AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: `${endpoint}/v1`,
      },
      onInvocation: (report) => reports.push(report),
    });
    payloadOf(await pool.invoke('Probe', {}));
    expect(reports[0]?.awsCalls).toEqual({ 'dynamodb:GetItem': 2, 'execute-api:PostToConnection': 1 });
    expect(reports[0]?.durationMilliseconds).toBeGreaterThan(0);
    server.closeAllConnections();
    server.close();
  });
});
