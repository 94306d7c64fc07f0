import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { emulatorClient } from '../../../local/emulators/aws-client.ts';
import { type Runtime, startRuntime } from '../../../local/runtime.ts';
import { buildConsole } from '../../../scripts/build-console.ts';
import { webDirectory } from '../../../scripts/build-web.ts';
import type { AcceptedChange, MessageChange } from '../../../shared/domain/accepted-change.ts';
import type { AcceptedMessage } from '../../../shared/domain/accepted-message.ts';
import type { Conversation } from '../../../shared/protocol/entities.ts';
import { ApiClient } from '../../support/api-client.ts';
import { Person, type SignedIn } from '../../support/person.ts';
import { Secrets } from '../../support/secrets.ts';
import { launchBrowser } from './browser.ts';
import { ChatPage } from './chat-page.ts';

const projectRoot = join(import.meta.dirname, '../../..');

/** Records of one PutRecords call: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
const RECORDS_A_CALL = 500;
const STORED_LIMIT_MS = 50_000;

type DeviceOptions = BrowserContextOptions & {
  /** Where it opens. */
  hash?: string;
  /** Before the page is loaded. */
  before?: (page: Page) => Promise<unknown>;
};

/** A Parley with its web client, a browser, and what goes wrong in the pages. */
export class WebParley {
  readonly browser: Browser;
  /** Uncaught errors and refusals by the content security policy, in any page. */
  readonly faults: string[] = [];
  readonly #secrets = new Secrets();
  readonly #dataDirectory: string;
  readonly #contexts: BrowserContext[] = [];
  #runtime: Runtime;

  static async start(): Promise<WebParley> {
    const browser = await launchBrowser();
    const dataDirectory = await mkdtemp(join(tmpdir(), 'parley-browser-'));
    try {
      return new WebParley(await run(dataDirectory, 0), browser, dataDirectory);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  private constructor(runtime: Runtime, browser: Browser, dataDirectory: string) {
    this.#runtime = runtime;
    this.browser = browser;
    this.#dataDirectory = dataDirectory;
  }

  get url(): string {
    return this.#runtime.url;
  }

  async stop(): Promise<void> {
    await this.#runtime.close();
  }

  /** At the same address, with the same data. */
  async startAgain(): Promise<void> {
    this.#runtime = await run(this.#dataDirectory, Number(new URL(this.url).port));
  }

  async register(
    username: string,
    displayName = username[0]?.toUpperCase() + username.slice(1),
  ): Promise<Person> {
    const password = 'correct horse battery';
    const { status, body } = await this.#api().post<SignedIn>('/users', { username, password, displayName });
    if (status !== 201) throw new Error(`${username} could not register: ${JSON.stringify(body)}`);
    const noSocket = () => Promise.reject(new Error('People of the browser tests have pages, not sockets'));
    return new Person({ api: (token) => this.#api(token), connect: noSocket }, body, password);
  }

  /** A browser of its own, as on another device. Signed in where a person is given. */
  async device(person?: Person, options: DeviceOptions = {}): Promise<ChatPage> {
    const { hash = '', before, ...contextOptions } = options;
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      timezoneId: 'UTC',
      ...contextOptions,
    });
    context.setDefaultTimeout(15_000);
    this.#contexts.push(context);
    const page = await context.newPage();
    this.#watch(page);
    await before?.(page);
    await page.goto(`${this.url}/${hash}`);
    const chat = new ChatPage(page);
    if (person) await chat.signIn(person.user.username, person.password);
    return chat;
  }

  /** The page of `/_local/`, with what goes wrong in it counted as of the web client's. */
  async localConsole(hash: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(15_000);
    this.#contexts.push(context);
    const page = await context.newPage();
    this.#watch(page);
    await page.goto(`${this.url}/_local/${hash}`);
    return page;
  }

  /** Puts messages into the stream as the send function would, past its rate limit. */
  async accept(conversationId: string, texts: readonly { from: Person; text: string }[]): Promise<void> {
    await this.#put(
      conversationId,
      texts.map(
        ({ from, text }): AcceptedMessage => ({
          version: 1,
          acceptId: crypto.randomUUID(),
          acceptedAt: new Date().toISOString(),
          conversationId,
          senderId: from.id,
          messageId: crypto.randomUUID(),
          type: 'text',
          content: text,
        }),
      ),
    );
  }

  /** The same for a change to a message. */
  async change(conversationId: string, by: Person, seq: number, change: MessageChange): Promise<void> {
    const accepted: AcceptedChange = {
      version: 1,
      kind: 'change',
      acceptId: crypto.randomUUID(),
      acceptedAt: new Date().toISOString(),
      conversationId,
      seq,
      userId: by.id,
      change,
    };
    await this.#put(conversationId, [accepted]);
  }

  async untilStored(member: Person, conversationId: string, seq: number): Promise<void> {
    for (const deadline = Date.now() + STORED_LIMIT_MS; ; await delay(50)) {
      const { body } = await member.api.get<Conversation>(`/conversations/${conversationId}`);
      if (body.lastSeq >= seq) return;
      if (Date.now() > deadline) throw new Error(`Only ${body.lastSeq} of ${seq} messages are stored`);
    }
  }

  async closeDevices(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.#runtime.close();
    await rm(this.#dataDirectory, { recursive: true, force: true });
  }

  async #put(conversationId: string, accepted: readonly object[]): Promise<void> {
    const client = new KinesisClient(emulatorClient(this.#runtime.endpoints.kinesis, this.#runtime));
    const records = accepted.map((one) => ({
      PartitionKey: conversationId,
      Data: Buffer.from(JSON.stringify(one)),
    }));
    for (let start = 0; start < records.length; start += RECORDS_A_CALL) {
      const StreamName = this.#runtime.physicalName('Messages');
      await client.send(
        new PutRecordsCommand({ StreamName, Records: records.slice(start, start + RECORDS_A_CALL) }),
      );
    }
    client.destroy();
  }

  #api(token?: string): ApiClient {
    return new ApiClient(this.url, this.#secrets, token);
  }

  #watch(page: Page): void {
    page.on('pageerror', (error) => this.faults.push(`${error.name}: ${error.message}\n${error.stack}`));
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted/i.test(message.text())) this.faults.push(message.text());
    });
  }
}

function run(dataDirectory: string, port: number): Promise<Runtime> {
  return startRuntime({
    assemblyDirectory: join(projectRoot, 'cdk.out/local'),
    dataDirectory,
    webDirectory,
    consoleDirectory: buildConsole,
    port,
    lambda: { preload: [join(projectRoot, 'tests/support/cheap-passwords.ts')] },
  });
}
