import { join } from 'node:path';
import { Console } from './console/console.ts';
import { Observations } from './console/observations.ts';
import { overviewOf } from './console/overview.ts';
import { TablePages } from './console/table-pages.ts';
import { writeFileAtomically } from './emulators/atomic-file.ts';
import { type StoreEndpoints, storeClients } from './emulators/aws-client.ts';
import { openDataFolder } from './emulators/data-folder.ts';
import type { Log } from './emulators/emulator.ts';
import { provision } from './emulators/provision.ts';
import { TABLE_TYPES } from './emulators/provision-tables.ts';
import { resourceAttributes } from './emulators/resource-attributes.ts';
import { startStores } from './emulators/stores.ts';
import { expiringTables, TimeToLiveSweeper } from './emulators/time-to-live.ts';
import { FrontDoor } from './front-door.ts';
import { functionNameOf, functionsFromAssembly } from './functions.ts';
import { type GatewayModels, gatewaysFromAssembly } from './gateway/from-assembly.ts';
import { Gateway, type GatewayMetrics, type GatewayOptions } from './gateway/gateway.ts';
import type { GatewayLimits } from './gateway/limits.ts';
import { type FunctionTally, InvocationTally } from './invocation-tally.ts';
import { LambdaPool, type LambdaPoolOptions } from './lambda/lambda-pool.ts';
import { drawAccessKeyId } from './loopback-guard.ts';
import { unknownResources } from './resource-types.ts';
import type { Backoff } from './streams/backoff.ts';
import type { DeliveryCounters } from './streams/batch-delivery.ts';
import { enabledMappings, mappingsFromAssembly } from './streams/mappings-from-assembly.ts';
import { type Assembly, loadAssembly, type Resource } from './template/assembly.ts';
import { type DemoUsers, WebClient } from './web-client.ts';

/** AWS's own placeholder for "no account". */
export const ACCOUNT_ID = '000000000000';

export type RuntimeOptions = {
  /** The cloud assembly, such as `cdk.out/local`, or what makes it: asked once port and data folder are ours. */
  assemblyDirectory: string | (() => Promise<string>);
  dataDirectory: string;
  /** The built web client, to be served at `/`, or what makes it. @default a page that says that Parley is running */
  webDirectory?: string | (() => Promise<string>);
  /** The built local page, to be served at `/_local/`, or what makes it. @default its endpoints alone */
  consoleDirectory?: string | (() => Promise<string>);
  /** Empties the data folder first. @default false */
  fresh?: boolean;
  /** @default '127.0.0.1' */
  host?: string;
  /** 0 takes a free one. @default 8787 */
  port?: number;
  /** @default AWS_REGION, or us-east-1 */
  region?: string;
  log?: Log;
  limits?: Partial<GatewayLimits>;
  /** The least time between two reads of a shard, and so the most that polling adds to a delivery. @default 25 */
  pollIntervalMs?: number;
  /** Between two tries of a batch that failed. */
  backoff?: Backoff;
  /** @default 60,000 */
  timeToLiveIntervalMs?: number;
  /** Of the Lambda pool: `preload` for fault injection, `concurrencyPerFunction`, `onLog`, more `environment`. */
  lambda?: Pick<
    LambdaPoolOptions,
    | 'preload'
    | 'concurrencyPerFunction'
    | 'concurrency'
    | 'patienceMilliseconds'
    | 'maxEnvironments'
    | 'onLog'
    | 'onInvocation'
    | 'environment'
  >;
  onGatewayFailure?: GatewayOptions['onFailure'];
  /** Called with each batch that an event source mapping hands to a function, by the name that its log has. */
  onBatch?: (functionName: string, event: unknown) => void;
  /** Called when a part ends that nothing goes on without. */
  onFatal?: (reason: string) => void;
};

export type Runtime = {
  /** Such as `http://localhost:8787`. */
  url: string;
  /** Such as `ws://localhost:8787/connect`. */
  webSocketUrl: string;
  /** For SDK clients of tests and tools, which must have the access key of this start. */
  endpoints: StoreEndpoints;
  region: string;
  accessKeyId: string;
  dataDirectory: string;
  /** Whether the data folder held nothing of an earlier run. */
  startedEmpty: boolean;
  /** What `Ref` gives for a resource: a table's name, a queue's URL, a secret's ARN. By logical id, with or without CDK's hash. */
  physicalName(logicalId: string): string;
  /** Names of all tables by logical id without CDK's hash, such as `Users`. */
  tableNames: Record<string, string>;
  /** Invocations, cold starts and outgoing AWS calls of each function since the start. */
  invocations(): Record<string, FunctionTally>;
  connections(): number;
  gatewayMetrics(): GatewayMetrics;
  /** What the Kinesis mappings have done, by stream name. */
  streamCounters(): Record<string, DeliveryCounters>;
  /** Deletes expired items now. @returns how many */
  sweepExpired(): Promise<number>;
  /** Lets the sign-in view of the web client offer these users. */
  offerDemoUsers(users: DemoUsers): void;
  close(): Promise<void>;
};

/** What `endpoints.json` of the data folder holds. */
export type RuntimeAddresses = StoreEndpoints & {
  /** Of this start: the emulators and the API of connections refuse any other. */
  accessKeyId: string;
  /** Of the API that posts to connections and closes them. */
  connections: string;
  /** What clients use, such as `http://localhost:8787`; the endpoints of the local page are below it. */
  url: string;
};

/** Runs the synthesized template on this machine, and answers once everything is served. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { dataDirectory, log = () => {} } = options;
  const region = options.region ?? (process.env['AWS_REGION'] || 'us-east-1');
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };

  try {
    const folder = openDataFolder(dataDirectory, { fresh: options.fresh === true });
    closers.push(() => folder.release());
    const accessKeyId = drawAccessKeyId();
    const { host = '127.0.0.1', port = 8787 } = options;
    const door = await FrontDoor.open({ host, port, accessKeyId });
    closers.push(() => door.close());
    // What is built may be deployed, whose files others must be able to read; what is kept from here on nobody else may.
    const { assembly: assemblyFiles, web: webFiles, console: consoleFiles } = await directoriesOf(options);
    const maskBefore = process.umask(0o077);
    closers.push(() => void process.umask(maskBefore));
    const stores = await startStores({
      dataDirectory: folder.path,
      region,
      accessKeyId,
      log,
      onUnexpectedEnd: (reason) => options.onFatal?.(reason),
    });
    closers.push(() => stores.close());
    const { endpoints } = stores;
    // Ports are drawn anew at each start, so whoever wants to look into a store asks this file.
    const addresses: RuntimeAddresses = {
      ...endpoints,
      accessKeyId,
      connections: door.connectionsUrl,
      url: door.url,
    };
    writeFileAtomically(join(folder.path, 'endpoints.json'), JSON.stringify(addresses, null, 2));
    const clients = storeClients({ endpoints, region, accessKeyId });
    closers.push(() => clients.destroy());

    const assembly = loadAssembly(
      assemblyFiles,
      resourceAttributes({
        region,
        accountId: ACCOUNT_ID,
        queuesEndpoint: endpoints.sqs,
        gatewayEndpoint: door.url,
      }),
    );
    for (const line of unknownResources(assembly)) log(`Not served locally: ${line}`);
    writeFileAtomically(join(folder.path, 'resources.json'), JSON.stringify(resourceList(assembly), null, 2));
    await provision(assembly, clients, stores.secrets, log);

    const models = gatewaysFromAssembly(assembly);
    const tally = new InvocationTally();
    const functions = functionsFromAssembly(assembly, invokedFunctions(assembly, models));
    // As their logs call them.
    const spokenNames = new Map(
      functions.map(({ name, environment }) => [name, environment['POWERTOOLS_SERVICE_NAME'] ?? name]),
    );
    const observations = new Observations(spokenNames);
    const pool = new LambdaPool({
      ...options.lambda,
      functions,
      region,
      accountId: ACCOUNT_ID,
      environment: {
        ...options.lambda?.environment,
        ...endpointVariables(endpoints, door.connectionsUrl),
        AWS_ACCESS_KEY_ID: accessKeyId,
      },
      onLog(line) {
        observations.addLine(line);
        options.lambda?.onLog?.(line);
      },
      onInvocation(report) {
        tally.add(report);
        observations.addReport(report);
        options.lambda?.onInvocation?.(report);
      },
    });
    closers.push(() => pool.close());

    const { pollIntervalMs, backoff } = options;
    const mappings = mappingsFromAssembly(assembly, {
      clients,
      arrivals: stores.arrivals,
      invoker: {
        invoke(functionName, event) {
          options.onBatch?.(spokenNames.get(functionName) ?? functionName, event);
          return pool.invoke(functionName, event, 'event');
        },
      },
      region,
      accountId: ACCOUNT_ID,
      dataDirectory: folder.path,
      log,
      pollIntervalMs,
      backoff,
    });
    closers.push(() => mappings.close());

    const sweeper = new TimeToLiveSweeper({
      client: clients.dynamodb,
      tables: expiringTables(assembly),
      log,
    });
    sweeper.start(options.timeToLiveIntervalMs);
    closers.push(() => sweeper.close());

    const gateway = new Gateway({
      invoker: pool,
      ...models,
      region,
      accountId: ACCOUNT_ID,
      ...(options.limits !== undefined && { limits: options.limits }),
      onFailure(failure) {
        observations.addGatewayFailure(failure);
        options.onGatewayFailure?.(failure);
      },
    });
    closers.push(() => gateway.close());
    const webClient = webFiles === undefined ? undefined : new WebClient(webFiles);
    const console = new Console(
      {
        overview: overviewOf({
          observations,
          gateway,
          streams: mappings.kinesis,
          queues: named(assembly, ['AWS::SQS::Queue']).map(({ name, resource }) => ({
            name,
            url: resource.ref,
          })),
          sqs: clients.sqs,
        }),
        invocations: observations.invocations,
        tables: new TablePages(clients.dynamodb, named(assembly, TABLE_TYPES)),
      },
      consoleFiles,
    );
    door.lead(gateway, console, webClient);
    // Last: what they deliver is pushed through the gateway.
    await mappings.start();

    return {
      url: door.url,
      webSocketUrl: `${door.url.replace(/^http/, 'ws')}/connect`,
      endpoints,
      region,
      accessKeyId,
      dataDirectory: folder.path,
      startedEmpty: folder.isEmpty,
      physicalName: (logicalId) => physicalName(assembly, logicalId),
      tableNames: tableNames(assembly),
      invocations: () => tally.byFunction(),
      connections: () => gateway.metrics.connections,
      gatewayMetrics: () => gateway.metrics,
      streamCounters: () =>
        Object.fromEntries(
          mappings.kinesis.flatMap(({ streamName, counters }) =>
            counters === undefined ? [] : [[streamName, { ...counters }]],
          ),
        ),
      sweepExpired: () => sweeper.sweep(),
      offerDemoUsers: (users) => webClient?.offer(users),
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function directoriesOf(
  options: Pick<RuntimeOptions, 'assemblyDirectory' | 'webDirectory' | 'consoleDirectory'>,
): Promise<{ assembly: string; web: string | undefined; console: string | undefined }> {
  const { assemblyDirectory, webDirectory, consoleDirectory } = options;
  return {
    assembly: typeof assemblyDirectory === 'function' ? await assemblyDirectory() : assemblyDirectory,
    web: typeof webDirectory === 'function' ? await webDirectory() : webDirectory,
    console: typeof consoleDirectory === 'function' ? await consoleDirectory() : consoleDirectory,
  };
}

/** Only what a route, an authorizer or an event source mapping invokes is run: a deployment's own helpers are not. */
function invokedFunctions(assembly: Assembly, models: GatewayModels): Set<string> {
  const routes = [
    ...models.webSocketApis.flatMap((api) => api.routes),
    ...models.httpApis.flatMap((api) => api.routes),
  ];
  return new Set([
    ...routes.map((route) => route.integration.functionName),
    ...routes.flatMap((route) => route.authorizer?.functionName ?? []),
    ...enabledMappings(assembly).map((mapping) => functionNameOf(mapping.properties['FunctionName'])),
  ]);
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
export function endpointVariables(endpoints: StoreEndpoints, connectionsUrl: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_KINESIS: endpoints.kinesis,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
    AWS_ENDPOINT_URL_EVENTBRIDGE: endpoints.eventBridge,
    AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: connectionsUrl,
  };
}

function physicalName(assembly: Assembly, logicalId: string): string {
  const resource =
    assembly.resources.find((candidate) => candidate.logicalId === logicalId) ??
    assembly.resources.find((candidate) => withoutHash(candidate.logicalId) === logicalId);
  if (resource === undefined) throw new Error(`The template has no resource ${logicalId}`);
  return resource.ref;
}

function tableNames(assembly: Assembly): Record<string, string> {
  return Object.fromEntries(named(assembly, TABLE_TYPES).map(({ name, resource }) => [name, resource.ref]));
}

function named(assembly: Assembly, types: readonly string[]): { name: string; resource: Resource }[] {
  const resources = types.flatMap((type) => assembly.ofType(type));
  return resources.map((resource) => ({ name: withoutHash(resource.logicalId), resource }));
}

/** What tools find a deployment's parts by: as CloudFormation lists a stack's resources. */
export type ResourceList = {
  region: string;
  resources: { logicalId: string; type: string; physicalId: string }[];
};

function resourceList({ region, resources }: Assembly): ResourceList {
  return {
    region,
    resources: resources.map(({ logicalId, type, ref }) => ({ logicalId, type, physicalId: ref })),
  };
}

/** CDK ends each logical id with eight hexadecimal digits of its path. */
function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}
