import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import * as v from 'valibot';
import { AcceptChange } from '../../lambdas/services/accept-change.ts';
import { AcceptMessage } from '../../lambdas/services/accept-message.ts';
import { AccountErasure } from '../../lambdas/services/account-erasure.ts';
import { Acquaintances } from '../../lambdas/services/acquaintances.ts';
import { ChangedMessages } from '../../lambdas/services/changed-messages.ts';
import { Closing } from '../../lambdas/services/closing.ts';
import { ConversationCounts } from '../../lambdas/services/conversation-counts.ts';
import { ConversationStates } from '../../lambdas/services/conversation-states.ts';
import { ConversationViews } from '../../lambdas/services/conversation-views.ts';
import { Conversations } from '../../lambdas/services/conversations.ts';
import { CutOff } from '../../lambdas/services/cut-off.ts';
import { DeliverChanges } from '../../lambdas/services/deliver-changes.ts';
import { DeliverMessages } from '../../lambdas/services/deliver-messages.ts';
import { DeliverRecords, type StreamRecord } from '../../lambdas/services/deliver-records.ts';
import { EraseUser } from '../../lambdas/services/erase-user.ts';
import { FanOut, type QueuedJob } from '../../lambdas/services/fan-out.ts';
import { FanOutJobs } from '../../lambdas/services/fan-out-jobs.ts';
import { GrowingGroups } from '../../lambdas/services/growing-groups.ts';
import type { Hop } from '../../lambdas/services/hop.ts';
import { Inbox } from '../../lambdas/services/inbox.ts';
import { Members } from '../../lambdas/services/members.ts';
import { fingerprintWith } from '../../lambdas/services/message-fingerprint.ts';
import { OfflineMembers } from '../../lambdas/services/offline-members.ts';
import { PersistChanges } from '../../lambdas/services/persist-changes.ts';
import { PersistMessages } from '../../lambdas/services/persist-messages.ts';
import { Push } from '../../lambdas/services/push.ts';
import { RateLimiter } from '../../lambdas/services/rate-limiter.ts';
import { ReadMarkers } from '../../lambdas/services/read-markers.ts';
import { Registrations } from '../../lambdas/services/registrations.ts';
import type { Report } from '../../lambdas/services/report.ts';
import { Subscriptions } from '../../lambdas/services/subscriptions.ts';
import { Sync } from '../../lambdas/services/sync.ts';
import { Typing } from '../../lambdas/services/typing.ts';
import { Withdrawal } from '../../lambdas/services/withdrawal.ts';
import { RequestRows, SocketRows } from '../../lambdas/stores/caller-rows.ts';
import { ChangeLog } from '../../lambdas/stores/change-log.ts';
import { ChangeStore } from '../../lambdas/stores/change-store.ts';
import { ConnectionGateway } from '../../lambdas/stores/connection-gateway.ts';
import { ConversationCountStore } from '../../lambdas/stores/conversation-count-store.ts';
import { ConversationStore } from '../../lambdas/stores/conversation-store.ts';
import { DeadLetterQueue } from '../../lambdas/stores/dead-letter-queue.ts';
import { EndedMembershipStore } from '../../lambdas/stores/ended-membership-store.ts';
import { ErasureQueue } from '../../lambdas/stores/erasure-queue.ts';
import { EventBus } from '../../lambdas/stores/event-bus.ts';
import { FanOutQueue } from '../../lambdas/stores/fan-out-queue.ts';
import { InboxStore } from '../../lambdas/stores/inbox-store.ts';
import { MembershipStore } from '../../lambdas/stores/membership-store.ts';
import { MessageLog } from '../../lambdas/stores/message-log.ts';
import { MessageStore } from '../../lambdas/stores/message-store.ts';
import { MessageStream } from '../../lambdas/stores/message-stream.ts';
import { PresenceStore } from '../../lambdas/stores/presence-store.ts';
import { RateLimitStore } from '../../lambdas/stores/rate-limit-store.ts';
import { SessionStore } from '../../lambdas/stores/session-store.ts';
import { SubscriptionStore, SubscriptionWriter } from '../../lambdas/stores/subscription-store.ts';
import { UserRecordsStore } from '../../lambdas/stores/user-records-store.ts';
import { ProfileStore, UserStore } from '../../lambdas/stores/user-store.ts';
import type { Count, MetricName } from '../../shared/domain/metrics.ts';
import { OfflineMessage } from '../../shared/domain/offline-message.ts';
import { defaultRateLimits } from '../../shared/domain/rate-limit.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { ConnectionsApi } from '../fakes/connections-api.ts';
import { FaultSource, type FaultyInvocation } from '../faults/faults.ts';
import { withStaleReads } from '../faults/stale-reads.ts';
import { credentials, type Emulators, newQueue, openEmulators, region } from './emulators.ts';

const common = {
  region,
  credentials,
  requestHandler: new NodeHttpHandler({}),
  // The SDK's own second try, without its pause: throttling and time-outs are met twice as the functions meet them.
  retryStrategy: new ConfiguredRetryStrategy(2, () => 1),
};

/** The real emulators with the tables of the template, and the makers of Lambda containers that may fail. */
export class World {
  readonly connections: ConnectionsApi;
  readonly #emulators: Emulators;
  readonly #fanOutQueueUrl: string;
  readonly #erasureQueueUrl: string;
  readonly #queues: SQSClient;
  readonly #stream: KinesisClient;
  readonly #streamName: string;
  #iterator: string | undefined;

  private constructor(parts: {
    connections: ConnectionsApi;
    emulators: Emulators;
    queues: SQSClient;
    fanOutQueueUrl: string;
    erasureQueueUrl: string;
    stream: KinesisClient;
    streamName: string;
  }) {
    this.connections = parts.connections;
    this.#emulators = parts.emulators;
    this.#queues = parts.queues;
    this.#fanOutQueueUrl = parts.fanOutQueueUrl;
    this.#erasureQueueUrl = parts.erasureQueueUrl;
    this.#stream = parts.stream;
    this.#streamName = parts.streamName;
  }

  /** Worlds that share emulators share the tables and the event bus; each has its own stream and queues. */
  static async open(): Promise<World> {
    const [emulators, connections] = await Promise.all([openEmulators(), ConnectionsApi.start()]);
    const { addresses } = emulators;
    const queues = new SQSClient({ ...common, endpoint: addresses.sqs });
    const stream = new KinesisClient({ ...common, endpoint: addresses.kinesis });
    const streamName = randomUUID();
    const [fanOutQueueUrl, erasureQueueUrl] = await Promise.all([
      newQueue(queues, addresses, 'FanOutJobs'),
      newQueue(queues, addresses, 'ErasureJobs'),
      stream.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: 1 })),
    ]);
    const ours = { queues, fanOutQueueUrl, erasureQueueUrl, stream, streamName };
    return new World({ connections, emulators, ...ours });
  }

  async close(): Promise<void> {
    this.#stream.destroy();
    this.#queues.destroy();
    await Promise.all([this.#emulators.close(), this.connections.close()]);
  }

  /** What was told of messages that members missed, of one conversation. */
  offlineMessages(conversationId: string): OfflineMessage[] {
    const { eventsFile } = this.#emulators.addresses;
    if (!existsSync(eventsFile)) return [];
    const lines = readFileSync(eventsFile, 'utf8').trim().split('\n');
    const messages = lines
      .filter((line) => line.includes(conversationId))
      .map((line) => v.parse(OfflineMessage, JSON.parse(line).detail));
    return messages.filter((message) => message.conversationId === conversationId);
  }

  table(name: string): string {
    const table = this.#emulators.addresses.tables[name];
    if (table === undefined) throw new Error(`The template has no table ${name}`);
    return table;
  }

  /** What sends a client of the functions to these tables. */
  environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL_DYNAMODB: this.#emulators.addresses.dynamodb,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
  }

  /** Users without a password, by id. */
  async users(count: number): Promise<string[]> {
    const userIds = Array.from({ length: count }, () => `usr_${randomUUID()}`);
    await this.createUsers(userIds);
    return userIds;
  }

  async createUsers(userIds: string[]): Promise<void> {
    const { stores } = this.container();
    for (const userId of userIds) {
      const createdAt = new Date().toISOString();
      const user = { userId, username: userId, displayName: userId, createdAt, authEpoch: 1 };
      await stores.users.create(user, 'no password');
    }
  }

  /** Records put into the stream since the last call, in order. */
  async newRecords(): Promise<StreamRecord[]> {
    this.#iterator ??= await this.#fromTheBeginning();
    const answer = await this.#stream.send(new GetRecordsCommand({ ShardIterator: this.#iterator }));
    this.#iterator = answer.NextShardIterator;
    return (answer.Records ?? []).map(({ SequenceNumber = '', PartitionKey = '', Data }) => ({
      sequenceNumber: SequenceNumber,
      eventId: `shardId-000000000000:${SequenceNumber}`,
      partitionKey: PartitionKey,
      data: Buffer.from(Data ?? []).toString('base64'),
    }));
  }

  /** The next batch of fan-out jobs, as an event source mapping receives it; empty where none waits. */
  async receiveJobs(): Promise<QueuedJob[]> {
    const { Messages = [] } = await this.#queues.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#fanOutQueueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
      }),
    );
    return Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes }) => ({
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      receiveCount: Number(Attributes?.ApproximateReceiveCount),
      body: Body,
    }));
  }

  /** How many users wait to be erased further, those included that are not given out yet. */
  async waitingErasures(): Promise<number> {
    const { Attributes = {} } = await this.#queues.send(
      new GetQueueAttributesCommand({ QueueUrl: this.#erasureQueueUrl, AttributeNames: ['All'] }),
    );
    const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed } = Attributes;
    return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesDelayed);
  }

  async deleteJobs(jobs: QueuedJob[]): Promise<void> {
    for (const { receiptHandle } of jobs) {
      await this.#queues.send(
        new DeleteMessageCommand({ QueueUrl: this.#fanOutQueueUrl, ReceiptHandle: receiptHandle }),
      );
    }
  }

  /** Carries out what waits in the fan-out queue, and what comes in meanwhile, until it is empty. */
  async fanOutAll(container: Container = this.container()): Promise<void> {
    for (let jobs = await this.receiveJobs(); jobs.length > 0; jobs = await this.receiveJobs()) {
      const failed = await container.fanOut.fanOut(jobs);
      await this.deleteJobs(jobs.filter((job) => !failed.includes(job)));
    }
  }

  /** One Lambda container: its own clients and its own memory, both subject to `faults`. */
  container(
    faults: FaultSource = new FaultSource([]),
    clock: () => number = Date.now,
    conversationsPerUser: number = limits.conversationsPerUser,
  ) {
    const invocation: FaultyInvocation = { dead: false };
    const documents = DynamoDBDocumentClient.from(
      withStaleReads(faults.inject(new DynamoDBClient(this.#settings('dynamodb')), invocation)),
      { marshallOptions: { removeUndefinedValues: true } },
    );
    const events = faults.inject(new EventBridgeClient(this.#settings('eventBridge')), invocation);
    const kinesis = faults.inject(new KinesisClient(this.#settings('kinesis')), invocation);
    const management = faults.inject(
      new ApiGatewayManagementApiClient({ ...common, endpoint: this.connections.endpoint }),
      invocation,
    );
    const sqs = faults.inject(new SQSClient(this.#settings('sqs')), invocation);
    const tables = {
      subscriptions: this.table('Subscriptions'),
      endedMemberships: this.table('EndedMemberships'),
      conversations: this.table('Conversations'),
      members: this.table('MembersByConversation'),
      inbox: this.table('ConversationsByUser'),
      messages: this.table('MessagesByConversation'),
      changes: this.table('Changes'),
      idempotency: this.table('Idempotency'),
    };
    const conversations = new ConversationStore(documents, tables.conversations);
    const memberships = new MembershipStore(documents, tables);
    const inbox = new InboxStore(documents, tables.inbox);
    const messages = new MessageStore(documents, tables.messages);
    const profiles = new ProfileStore(documents, this.table('Users'));
    const users = new UserStore(documents, {
      users: this.table('Users'),
      credentials: this.table('Credentials'),
    });
    const presence = new PresenceStore(documents, this.table('Presence'), region);
    const reported: string[] = [];
    const report: Report = (what) => {
      reported.push(what);
    };
    const counted = new Map<MetricName, number[]>();
    const count: Count = (metric, value = 1) => {
      counted.set(metric, [...(counted.get(metric) ?? []), value]);
    };
    const hops: Parameters<Hop>[1][] = [];
    const hop: Hop = (step, ids) => {
      hops.push({ step, ...ids });
    };
    const gateway = new ConnectionGateway(management);
    const push = new Push(presence, gateway, report, count, hop);
    const subscriptionStore = new SubscriptionStore(documents, tables.subscriptions);
    const writer = new SubscriptionWriter(documents, tables);
    const subscriptions = new Subscriptions(subscriptionStore, writer, inbox, presence);
    const queue = new FanOutQueue(sqs, this.#fanOutQueueUrl);
    const views = new ConversationViews(inbox, conversations, profiles);
    const rateLimits = new RateLimitStore(documents, this.table('RateLimits'));
    const rates = new RateLimiter(
      rateLimits,
      rateLimits,
      { ...defaultRateLimits, messages: { perSecond: 1_000, burst: 10_000 } },
      count,
    );
    const countStore = new ConversationCountStore(documents, this.table('ConversationCounts'));
    const counts = new ConversationCounts(countStore, inbox, conversationsPerUser, clock);
    const growing = new GrowingGroups({ conversations, memberships, inbox, subscriptions });
    const members = new Members({
      conversations,
      memberships,
      inbox,
      profiles,
      views,
      counts,
      push,
      subscriptions,
      growing,
    });
    const stream = new MessageStream(kinesis, this.#streamName);
    const changes = new ChangeStore(documents, tables.changes);
    const changed = new ChangedMessages(changes, messages);
    const changeLog = new ChangeLog(documents, tables);
    const log = new MessageLog(documents, tables);
    const states = new ConversationStates(conversations, memberships);
    const fanOut = new FanOutJobs(subscriptionStore, queue);
    const erasures = new ErasureQueue(sqs, this.#erasureQueueUrl);
    const ended = new EndedMembershipStore(documents, tables.endedMemberships);
    const connections = new Closing(
      new Registrations(presence, gateway, report),
      profiles,
      new CutOff(inbox, ended),
    );
    const account = new AccountErasure(users, connections, erasures);
    const rows = new SocketRows(documents, { inbox: tables.inbox, users: this.table('Users') });
    const records = new UserRecordsStore(documents, tables.idempotency);
    const withdrawal = new Withdrawal({ conversations, memberships, members, subscriptions });
    return {
      invocation,
      /** The values of each metric. */
      counted,
      /** What went wrong, in the words of the logs. */
      reported,
      /** How far each message came. */
      hops,
      documents,
      stores: {
        conversations,
        memberships,
        inbox,
        messages,
        users,
        sessions: new SessionStore(documents, this.table('Users')),
        presence,
        changes,
        changeLog,
        log,
        rateLimits,
        records,
        counts: countStore,
        erasures,
        subscriptions: subscriptionStore,
        subscriptionWriter: writer,
        profiles,
      },
      acquaintances: new Acquaintances(inbox, memberships, profiles),
      accept: new AcceptMessage(rows, rates, stream, count),
      /** Of requests that were authenticated a moment before. */
      acceptAuthenticated: new AcceptMessage(new RequestRows(inbox), rates, stream, count),
      acceptChange: new AcceptChange(rows, messages, rates, stream, count),
      changed,
      members,
      conversations: new Conversations({
        conversations,
        memberships,
        inbox,
        profiles,
        views,
        members,
        counts,
        push,
        rates,
      }),
      account,
      withdrawal,
      erasure: new EraseUser(
        {
          account,
          users,
          inbox,
          withdrawal,
          records,
          stream,
          presence,
          counts,
          queue: erasures,
          report,
          hop,
        },
        clock,
      ),
      inbox: new Inbox(inbox, conversations, views, clock),
      subscriptions,
      fanOut: new FanOut({
        subscriptions: subscriptionStore,
        ended,
        messages,
        changed,
        gateway,
        presence,
        queue,
        report,
        count,
        hop,
      }),
      sync: new Sync(inbox, conversations, messages, changed),
      typing: new Typing({ inbox, members: memberships, buckets: rateLimits, push, clock }),
      markers: new ReadMarkers({ rows, inbox, conversations, members: memberships, push }),
      deliver: new DeliverRecords({
        messages: new DeliverMessages({
          persist: new PersistMessages(log, messages, states, fingerprintWith('key of the tests'), count),
          inbox,
          views,
          push,
          fanOut,
          offline: new OfflineMembers(new EventBus(events, 'events'), report, count),
          report,
          hop,
        }),
        changes: new DeliverChanges({
          persist: new PersistChanges(changeLog, messages, states, count),
          push,
          fanOut,
          report,
          hop,
        }),
        // No record of these tests is unreadable, so nothing may be sent there: this queue does not exist.
        deadLetters: new DeadLetterQueue(new SQSClient({ ...common, endpoint: 'http://127.0.0.1:9' }), ''),
        report,
        count,
      }),
    };
  }

  /** A container that is overtaken: just before its call of this number, counted from 0, somebody else does something. */
  overtaken(call: number, other: () => Promise<unknown>): Container {
    const plan = [...Array<'none'>(call).fill('none'), 'join' as const];
    const faults = new FaultSource(plan, async () => {
      await other();
    });
    return this.container(faults);
  }

  async #fromTheBeginning(): Promise<string | undefined> {
    const { Shards } = await this.#stream.send(new ListShardsCommand({ StreamName: this.#streamName }));
    const { ShardIterator } = await this.#stream.send(
      new GetShardIteratorCommand({
        StreamName: this.#streamName,
        ShardId: Shards?.[0]?.ShardId,
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    return ShardIterator;
  }

  #settings(service: 'dynamodb' | 'kinesis' | 'sqs' | 'eventBridge') {
    return { ...common, endpoint: this.#emulators.addresses[service] };
  }
}

export type Container = ReturnType<World['container']>;
