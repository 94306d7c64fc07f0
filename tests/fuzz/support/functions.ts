import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeClients } from '../../../local/emulators/aws-client.ts';
import { provision } from '../../../local/emulators/provision.ts';
import { TABLE_TYPES } from '../../../local/emulators/provision-tables.ts';
import { resourceAttributes } from '../../../local/emulators/resource-attributes.ts';
import { startStores } from '../../../local/emulators/stores.ts';
import { functionsFromAssembly } from '../../../local/functions.ts';
import { gatewaysFromAssembly } from '../../../local/gateway/from-assembly.ts';
import {
  type InvocationOutcome,
  type InvocationReport,
  LambdaPool,
} from '../../../local/lambda/lambda-pool.ts';
import { endpointVariables } from '../../../local/runtime.ts';
import { type Mappings, mappingsFromAssembly } from '../../../local/streams/mappings-from-assembly.ts';
import { loadAssembly } from '../../../local/template/assembly.ts';
import { ConnectionsApi } from '../../fakes/connections-api.ts';
import { accountId, credentials, region } from '../../support/emulators.ts';
import { TableContents } from './table-contents.ts';
import { unlimited } from './unlimited.ts';

/** What one event came to. */
export type Invocation = { outcome: InvocationOutcome; report: InvocationReport; logLines: string[] };

/**
 * The functions as they are deployed, on the emulators, without gateways: the caller makes up the events. Nothing happens
 * by itself, so what a refused event leaves in the tables is its own doing.
 */
export class Functions {
  readonly contents: TableContents;
  readonly #pool: LambdaPool;
  readonly #names: Map<string, string>;
  readonly #invocations: { last: InvocationReport | undefined; logLines: string[] };
  readonly #mappings: () => Mappings;
  readonly #close: () => Promise<void>;

  private constructor(parts: {
    contents: TableContents;
    pool: LambdaPool;
    names: Map<string, string>;
    invocations: { last: InvocationReport | undefined; logLines: string[] };
    mappings: () => Mappings;
    close: () => Promise<void>;
  }) {
    this.contents = parts.contents;
    this.#pool = parts.pool;
    this.#names = parts.names;
    this.#invocations = parts.invocations;
    this.#mappings = parts.mappings;
    this.#close = parts.close;
  }

  static async start(): Promise<Functions> {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'parley-fuzz-'));
    const { accessKeyId } = credentials;
    const quiet = () => undefined;
    const [connections, stores] = await Promise.all([
      ConnectionsApi.start(),
      startStores({ dataDirectory, region, accessKeyId, log: quiet, onUnexpectedEnd: quiet }),
    ]);
    const { endpoints } = stores;
    const attributes = { region, accountId, queuesEndpoint: endpoints.sqs, gatewayEndpoint: '' };
    const directory = join(import.meta.dirname, '../../../cdk.out/local');
    const assembly = loadAssembly(directory, resourceAttributes(attributes));
    const clients = storeClients({ endpoints, region, accessKeyId });
    await provision(assembly, clients, stores.secrets, quiet);

    const { httpApis, webSocketApis } = gatewaysFromAssembly(assembly);
    const names = new Map<string, string>();
    for (const { routeKey, integration } of httpApis.flatMap(({ routes }) => routes)) {
      names.set(routeKey, integration.functionName);
    }
    for (const { routeKey, integration, authorizer } of webSocketApis.flatMap(({ routes }) => routes)) {
      names.set(routeKey === '$default' ? '$default frame' : routeKey, integration.functionName);
      if (authorizer !== undefined) names.set('authorizer', authorizer.functionName);
    }
    const all = assembly.ofType('AWS::Lambda::Function').filter(({ assetPath }) => assetPath !== undefined);
    const wanted = all.filter(
      ({ logicalId }) => [...names.values()].includes(logicalId) || logicalId.startsWith('Stream'),
    );
    const invocations: { last: InvocationReport | undefined; logLines: string[] } = {
      last: undefined,
      logLines: [],
    };
    const pool = new LambdaPool({
      functions: functionsFromAssembly(assembly, new Set(wanted.map(({ logicalId }) => logicalId))),
      region,
      accountId,
      preload: [join(import.meta.dirname, '../../support/cheap-passwords.ts')],
      environment: {
        AWS_ACCESS_KEY_ID: accessKeyId,
        ...endpointVariables(endpoints, connections.endpoint),
        RATE_LIMIT_SETTINGS: unlimited,
      },
      onLog: ({ line }) => invocations.logLines.push(line),
      onInvocation: (report) => {
        invocations.last = report;
      },
    });
    return new Functions({
      contents: new TableContents(
        clients.dynamodb,
        Object.fromEntries(
          TABLE_TYPES.flatMap((type) => assembly.ofType(type)).map(({ logicalId, ref }) => [logicalId, ref]),
        ),
      ),
      pool,
      names,
      invocations,
      mappings: () =>
        mappingsFromAssembly(assembly, {
          clients,
          arrivals: stores.arrivals,
          invoker: pool,
          region,
          accountId,
          dataDirectory,
          log: quiet,
        }),
      close: async () => {
        await pool.close();
        clients.destroy();
        await Promise.all([stores.close(), connections.close()]);
        await rm(dataDirectory, { recursive: true, force: true });
      },
    });
  }

  /** What is put into the stream is delivered for as long as `work` takes. */
  async delivering<T>(work: () => Promise<T>): Promise<T> {
    const mappings = this.#mappings();
    await mappings.start();
    try {
      return await work();
    } finally {
      await mappings.close();
    }
  }

  /** @param route a route key, `$default frame` for that of frames, or `authorizer` */
  async invoke(route: string, event: unknown): Promise<Invocation> {
    const name = this.#names.get(route);
    if (name === undefined) throw new Error(`The template has no route ${route}`);
    this.#invocations.logLines = [];
    const outcome = await this.#pool.invoke(name, event);
    const report = this.#invocations.last;
    if (report === undefined) throw new Error('An invocation ended without a report');
    return { outcome, report, logLines: this.#invocations.logLines };
  }

  close(): Promise<void> {
    return this.#close();
  }
}
