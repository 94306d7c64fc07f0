/** The functions: what each may use, and how large it is. Its role and its environment follow from this. */
import type { TableName } from './tables.ts';

export type ItemAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'BatchWriteItem'
  | 'ConditionCheckItem';

export type FunctionDefinition = {
  description: string;
  /** Lambda gives CPU in proportion: 1,769 MB is one whole vCPU. */
  memoryMegabytes: number;
  timeoutSeconds: number;
  /**
   * Actions on the items of each table. A transaction needs the actions of its parts: `Put` is `PutItem`, a
   * condition check `ConditionCheckItem` (docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html).
   */
  tables?: Partial<Record<TableName, ItemAction[]>>;
  /** Indexes that are queried, as `table/index`. */
  indexes?: `${TableName}/${string}`[];
  /** Calls on the sockets of others. */
  connections?: ('PostToConnection' | 'DeleteConnection')[];
  readsTokenSecret?: boolean;
  /** Knows the users of an OIDC issuer by their ids. */
  readsUserIdSecret?: boolean;
  readsFingerprintSecret?: boolean;
  /** Tells clients apart by address, which behind the distribution takes its proof. */
  readsEdgeSecret?: boolean;
  putsToStream?: boolean;
  /** Many records in one call. */
  putsManyToStream?: boolean;
  sendsDeadLetters?: boolean;
  /** Tells others of messages that members missed. */
  putsEvents?: boolean;
  /** Calls on the queue of fan-out jobs, beside those that Lambda makes to receive from it. */
  fanOutQueue?: ('SendMessage' | 'ChangeMessageVisibility')[];
  /** Asks for users to be erased. */
  queuesErasures?: boolean;
  /** Opens sessions: needs to know whether anybody may register, and how long a session can be renewed. */
  opensSessions?: boolean;
};

const readUser: ItemAction[] = ['GetItem'];
/** Well inside the 29 s that API Gateway waits, so that a client hears our answer and not the gateway's. */
const answering = { memoryMegabytes: 512, timeoutSeconds: 10 };

export const functions = {
  'websocket-authorizer': {
    ...answering,
    description: 'Checks the token of a WebSocket handshake',
    readsTokenSecret: true,
    readsUserIdSecret: true,
    tables: { Users: readUser },
  },
  'websocket-connect': {
    ...answering,
    description: 'Registers a new connection, and tells who came online',
    tables: {
      Presence: ['UpdateItem', 'BatchGetItem'],
      Users: readUser,
      ConversationsByUser: ['BatchGetItem'],
      Subscriptions: ['BatchWriteItem'],
      RateLimits: ['UpdateItem'],
    },
    indexes: ['ConversationsByUser/byActivity', 'ConversationsByUser/subscribed'],
    connections: ['PostToConnection', 'DeleteConnection'],
  },
  'websocket-disconnect': {
    ...answering,
    description: 'Removes a closed connection, and tells who went offline',
    tables: {
      Presence: ['UpdateItem', 'BatchGetItem'],
      ConversationsByUser: ['BatchGetItem'],
      Subscriptions: ['DeleteItem'],
    },
    indexes: ['ConversationsByUser/byActivity', 'ConversationsByUser/subscribed'],
    connections: ['PostToConnection'],
  },
  'websocket-send': {
    ...answering,
    description: 'Accepts a message or a change to one: checks, queues durably, acknowledges',
    tables: {
      Users: ['BatchGetItem'],
      ConversationsByUser: ['BatchGetItem'],
      MessagesByConversation: ['GetItem'],
      RateLimits: ['UpdateItem'],
    },
    connections: ['DeleteConnection'],
    putsToStream: true,
  },
  'websocket-signal': {
    ...answering,
    description: 'Moves read markers, tells who is writing and who is online, and keeps connections alive',
    tables: {
      Users: ['GetItem', 'BatchGetItem'],
      Conversations: ['GetItem', 'BatchGetItem'],
      MembersByConversation: ['Query', 'BatchGetItem'],
      ConversationsByUser: ['GetItem', 'BatchGetItem', 'UpdateItem', 'ConditionCheckItem'],
      Presence: ['UpdateItem', 'BatchGetItem'],
      Subscriptions: ['PutItem', 'BatchGetItem'],
      RateLimits: ['UpdateItem'],
    },
    indexes: ['ConversationsByUser/byActivity', 'ConversationsByUser/subscribed'],
    connections: ['PostToConnection', 'DeleteConnection'],
  },
  'websocket-sync': {
    ...answering,
    description: 'Returns what a device has missed',
    tables: {
      Users: readUser,
      Conversations: ['BatchGetItem'],
      MessagesByConversation: ['Query', 'BatchGetItem'],
      Changes: ['Query'],
      ConversationsByUser: ['BatchGetItem', 'ConditionCheckItem'],
      Presence: ['UpdateItem'],
      Subscriptions: ['PutItem', 'BatchGetItem'],
      RateLimits: ['UpdateItem'],
    },
    indexes: ['ConversationsByUser/subscribed'],
    connections: ['DeleteConnection'],
  },
  'websocket-default': {
    ...answering,
    description: 'Answers frames that name no known action, and counts them',
    tables: { RateLimits: ['UpdateItem'] },
    connections: ['DeleteConnection'],
  },
  'http-users': {
    description: 'Accounts, logins and tokens',
    // scrypt with N=2^17, r=8 fills 128 MB, and takes as long as the CPU share lets it: a whole vCPU.
    memoryMegabytes: 1769,
    timeoutSeconds: 15,
    readsTokenSecret: true,
    readsUserIdSecret: true,
    readsEdgeSecret: true,
    opensSessions: true,
    tables: {
      Users: ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'],
      Credentials: ['GetItem', 'PutItem', 'UpdateItem'],
      MembersByConversation: ['BatchGetItem'],
      ConversationsByUser: ['BatchGetItem'],
      RateLimits: ['UpdateItem', 'DeleteItem'],
      Presence: ['GetItem', 'UpdateItem'],
      EndedMemberships: ['PutItem'],
    },
    indexes: ['ConversationsByUser/byActivity', 'ConversationsByUser/subscribed'],
    connections: ['DeleteConnection'],
    queuesErasures: true,
  },
  'http-conversations': {
    description: 'Conversations, members, settings and read markers',
    memoryMegabytes: 512,
    timeoutSeconds: 25,
    readsTokenSecret: true,
    readsUserIdSecret: true,
    tables: {
      Users: ['GetItem', 'BatchGetItem'],
      Conversations: ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'],
      MembersByConversation: ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'],
      ConversationsByUser: [
        'GetItem',
        'BatchGetItem',
        'PutItem',
        'UpdateItem',
        'DeleteItem',
        'ConditionCheckItem',
        'Query',
      ],
      ConversationCounts: ['GetItem', 'PutItem', 'UpdateItem'],
      Subscriptions: ['PutItem', 'DeleteItem'],
      EndedMemberships: ['PutItem'],
      RateLimits: ['UpdateItem'],
      Presence: ['BatchGetItem', 'UpdateItem'],
    },
    indexes: ['ConversationsByUser/byActivity', 'ConversationsByUser/subscribed'],
    connections: ['PostToConnection'],
  },
  'http-messages': {
    ...answering,
    description: 'Message history, and the send path for bots and servers',
    readsTokenSecret: true,
    readsUserIdSecret: true,
    tables: {
      Users: readUser,
      ConversationsByUser: ['GetItem'],
      MessagesByConversation: ['Query', 'BatchGetItem'],
      Changes: ['Query'],
      RateLimits: ['UpdateItem'],
    },
    putsToStream: true,
  },
  'http-default': {
    ...answering,
    memoryMegabytes: 256,
    description: 'Health, and the answer to paths that do not exist',
  },
  'stream-deliver': {
    description: 'Gives messages and changes their order, stores them and pushes them to the members',
    memoryMegabytes: 1024,
    timeoutSeconds: 60,
    tables: {
      Users: ['BatchGetItem'],
      Conversations: ['GetItem', 'BatchGetItem', 'UpdateItem'],
      MembersByConversation: ['Query', 'BatchGetItem'],
      MessagesByConversation: ['PutItem', 'GetItem', 'BatchGetItem'],
      Changes: ['PutItem', 'DeleteItem'],
      Idempotency: ['PutItem', 'GetItem'],
      ConversationsByUser: ['UpdateItem', 'BatchGetItem'],
      Presence: ['BatchGetItem', 'UpdateItem'],
      Subscriptions: ['Query'],
    },
    connections: ['PostToConnection'],
    readsFingerprintSecret: true,
    sendsDeadLetters: true,
    putsEvents: true,
    fanOutQueue: ['SendMessage'],
  },
  'stream-fanout': {
    description: "Pushes stored messages to one slice of a large group's connections",
    memoryMegabytes: 1024,
    timeoutSeconds: 30,
    tables: {
      MessagesByConversation: ['Query', 'BatchGetItem'],
      Changes: ['Query'],
      Presence: ['UpdateItem'],
      Subscriptions: ['Query', 'DeleteItem'],
      EndedMemberships: ['Query'],
    },
    connections: ['PostToConnection'],
    fanOutQueue: ['ChangeMessageVisibility'],
  },
  'stream-erase': {
    description:
      'Goes on with what requests began: erasing a user, a slice at a time, and closing connections',
    memoryMegabytes: 512,
    timeoutSeconds: 60,
    tables: {
      Users: ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'],
      Credentials: ['GetItem', 'PutItem'],
      Conversations: ['GetItem', 'BatchGetItem', 'UpdateItem', 'ConditionCheckItem'],
      MembersByConversation: ['GetItem', 'Query', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'],
      ConversationsByUser: ['BatchGetItem', 'Query', 'UpdateItem', 'DeleteItem'],
      ConversationCounts: ['DeleteItem'],
      Idempotency: ['Query', 'BatchWriteItem'],
      Presence: ['GetItem', 'BatchGetItem', 'UpdateItem', 'DeleteItem'],
      Subscriptions: ['DeleteItem'],
      EndedMemberships: ['PutItem'],
    },
    indexes: ['ConversationsByUser/subscribed'],
    connections: ['PostToConnection', 'DeleteConnection'],
    putsManyToStream: true,
    queuesErasures: true,
  },
} satisfies Record<string, FunctionDefinition>;

export type FunctionName = keyof typeof functions;
export const functionNames = Object.keys(functions) as FunctionName[]; // The keys of a literal are its type's keys.

/** The same definitions, with what only some of them have. */
export const functionDefinitions: Record<FunctionName, FunctionDefinition> = functions;
