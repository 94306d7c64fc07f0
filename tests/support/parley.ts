import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InvocationReport } from '../../local/lambda/lambda-pool.ts';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../local/runtime.ts';
import { ApiClient } from './api-client.ts';
import { ChatSocket, type Handshake } from './chat-socket.ts';
import { Person, type SignedIn } from './person.ts';
import { Secrets } from './secrets.ts';

/** Made once for all test files by global-setup.ts. */
const localAssembly = join(import.meta.dirname, '../../cdk.out/local');

/** A module of tests/support that is loaded into every function before its own code. */
type Preload = 'cheap-passwords' | 'counted-passwords' | 'unreachable-stream';

type Options = {
  /** A cloud assembly with other settings. @default that of the stage `local` */
  assemblyDirectory?: string;
  /** @default ['cheap-passwords'] */
  preload?: Preload[];
  limits?: RuntimeOptions['limits'];
  /** @default '127.0.0.1' */
  host?: string;
  backoff?: RuntimeOptions['backoff'];
  /** In place of what the template gives the functions. */
  environment?: Record<string, string>;
  /** @default PARLEY_CACHE, and none without it */
  cache?: string | undefined;
};

/** A Parley of the test file's own, in an empty data folder and on a free port. */
export class Parley {
  readonly runtime: Runtime;
  readonly secrets = new Secrets();
  /** What the functions and the gateway wrote to their logs. */
  readonly logLines: string[];
  readonly invocations: InvocationReport[];
  readonly #dataDirectory: string;
  readonly #sockets: ChatSocket[] = [];

  static async start(options: Options = {}): Promise<Parley> {
    const { preload = ['cheap-passwords'], limits = {}, backoff } = options;
    const { cache = process.env['PARLEY_CACHE'] } = options;
    const environment = { ...(cache !== undefined && { CACHE_URL: cache }), ...options.environment };
    const dataDirectory = await mkdtemp(join(tmpdir(), 'parley-e2e-'));
    const logLines: string[] = [];
    const invocations: InvocationReport[] = [];
    const runtime = await startRuntime({
      assemblyDirectory: options.assemblyDirectory ?? localAssembly,
      dataDirectory,
      port: 0,
      ...(options.host !== undefined && { host: options.host }),
      limits,
      ...(backoff !== undefined && { backoff }),
      log: (line) => logLines.push(line),
      lambda: {
        environment,
        // Other test files share the machine, and how much it bears is not what these are about.
        patienceMilliseconds: 30_000,
        preload: preload.map((name) => join(import.meta.dirname, `${name}.ts`)),
        onLog: ({ functionName, line }) => logLines.push(`${functionName} ${line}`),
        onInvocation: (report) => invocations.push(report),
      },
      onGatewayFailure: (failure) => logLines.push(JSON.stringify(failure)),
    });
    return new Parley(runtime, dataDirectory, logLines, invocations);
  }

  private constructor(
    runtime: Runtime,
    dataDirectory: string,
    logLines: string[],
    invocations: InvocationReport[],
  ) {
    this.runtime = runtime;
    this.#dataDirectory = dataDirectory;
    this.logLines = logLines;
    this.invocations = invocations;
  }

  /** As the bearer of that token, or as nobody. */
  api(token?: string): ApiClient {
    return new ApiClient(this.runtime.url, this.secrets, token);
  }

  async connect(handshake: Handshake, search = ''): Promise<ChatSocket> {
    const socket = await ChatSocket.open(this.runtime.webSocketUrl + search, this.secrets, handshake);
    this.#sockets.push(socket);
    return socket;
  }

  async register(username: string): Promise<Person> {
    const password = `${username}'s password ${crypto.randomUUID()}`;
    const displayName = username[0]?.toUpperCase() + username.slice(1);
    const { status, body } = await this.api().post<SignedIn>('/users', { username, password, displayName });
    if (status !== 201) throw new Error(`${username} could not register: ${JSON.stringify(body)}`);
    return new Person(this, body, password);
  }

  /** Log lines with something that belongs in no log. */
  leaks(): string[] {
    return this.secrets.leaksIn(this.logLines);
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.filter((socket) => socket.isOpen).map((socket) => socket.close()));
    await this.runtime.close();
    await rm(this.#dataDirectory, { recursive: true, force: true });
  }
}
