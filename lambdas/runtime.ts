/**
 * Where everything is made, once for each container: clients from the environment, stores from clients, services from
 * stores. A function that lacks a variable fails as it starts, with the variable's name. Each maker stands alone, so
 * that a bundle holds only what its function uses.
 */
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { OidcSettings } from '../shared/domain/oidc-settings.ts';
import { RateLimitSettings } from '../shared/domain/rate-limit.ts';
import { optionalVariable, variable } from './environment.ts';
import { hop, report } from './logger.ts';
import { count } from './metrics.ts';
import { AcceptChange } from './services/accept-change.ts';
import { AcceptMessage } from './services/accept-message.ts';
import { AccountErasure } from './services/account-erasure.ts';
import { Accounts } from './services/accounts.ts';
import { Acquaintances } from './services/acquaintances.ts';
import { AnnouncePresence } from './services/announce-presence.ts';
import { Arrival } from './services/arrival.ts';
import { type Authenticate, AuthenticateByOwnToken } from './services/authenticate.ts';
import { AuthenticateByIssuer } from './services/authenticate-by-issuer.ts';
import { ChangedMessages } from './services/changed-messages.ts';
import { ClientAddress } from './services/client-address.ts';
import { Closing } from './services/closing.ts';
import { ConversationCounts } from './services/conversation-counts.ts';
import { ConversationStates } from './services/conversation-states.ts';
import { ConversationViews } from './services/conversation-views.ts';
import { Conversations } from './services/conversations.ts';
import { CutOff } from './services/cut-off.ts';
import { DeliverChanges } from './services/deliver-changes.ts';
import { DeliverMessages } from './services/deliver-messages.ts';
import { DeliverRecords } from './services/deliver-records.ts';
import { Enrolment } from './services/enrolment.ts';
import { EraseUser } from './services/erase-user.ts';
import { FanOut } from './services/fan-out.ts';
import { FanOutJobs } from './services/fan-out-jobs.ts';
import { FrameLimits } from './services/frame-limits.ts';
import { GrowingGroups } from './services/growing-groups.ts';
import { History } from './services/history.ts';
import { Inbox } from './services/inbox.ts';
import { IssuerTokens } from './services/issuer-tokens.ts';
import { Members } from './services/members.ts';
import { fingerprintWith } from './services/message-fingerprint.ts';
import { OfflineMembers } from './services/offline-members.ts';
import { OnlineStatuses } from './services/online-status.ts';
import { PersistChanges } from './services/persist-changes.ts';
import { PersistMessages } from './services/persist-messages.ts';
import { Presence } from './services/presence.ts';
import { Push } from './services/push.ts';
import { RateLimiter } from './services/rate-limiter.ts';
import { ReadMarkers } from './services/read-markers.ts';
import { Registrations } from './services/registrations.ts';
import { Sessions } from './services/sessions.ts';
import { Subscriptions } from './services/subscriptions.ts';
import { Sync } from './services/sync.ts';
import { Tokens } from './services/tokens.ts';
import { Typing } from './services/typing.ts';
import { Withdrawal } from './services/withdrawal.ts';
import { Cache } from './stores/cache.ts';
import { cacheAddress, openCache } from './stores/cache-client.ts';
import { CachedPresence } from './stores/cached-presence.ts';
import { type Caller, type CallerRows, RequestRows, SocketRows } from './stores/caller-rows.ts';
import { ChangeLog } from './stores/change-log.ts';
import { ChangeStore } from './stores/change-store.ts';
import { ConnectionGateway } from './stores/connection-gateway.ts';
import { ConversationCountStore } from './stores/conversation-count-store.ts';
import { ConversationStore } from './stores/conversation-store.ts';
import { DeadLetterQueue } from './stores/dead-letter-queue.ts';
import { newDocumentClient } from './stores/dynamo.ts';
import { EndedMembershipStore } from './stores/ended-membership-store.ts';
import { ErasureQueue } from './stores/erasure-queue.ts';
import { EventBus } from './stores/event-bus.ts';
import { FanOutQueue } from './stores/fan-out-queue.ts';
import { InboxStore } from './stores/inbox-store.ts';
import { IssuerKeys } from './stores/issuer-keys.ts';
import { MemberStore } from './stores/member-store.ts';
import { MembershipStore } from './stores/membership-store.ts';
import { MessageLog } from './stores/message-log.ts';
import { MessageStore } from './stores/message-store.ts';
import { MessageStream } from './stores/message-stream.ts';
import { type ConnectionRegistry, PresenceStore } from './stores/presence-store.ts';
import { CachedRateBuckets } from './stores/rate-bucket-cache.ts';
import { type RateBuckets, RateLimitStore } from './stores/rate-limit-store.ts';
import { newRequestHandler } from './stores/request-handler.ts';
import { SecretStore } from './stores/secret-store.ts';
import { SessionStore } from './stores/session-store.ts';
import { SubscriptionStore, SubscriptionWriter } from './stores/subscription-store.ts';
import { UserRecordsStore } from './stores/user-records-store.ts';
import { ProfileStore, UserStore } from './stores/user-store.ts';

/** Made when first asked for, and then kept: a container has one connection pool for each service. */
function once<T>(make: () => T): () => T {
  let made: { it: T } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
}

const tables = /* @__PURE__ */ once(newDocumentClient);
/** Where the stage has one. */
const cache = /* @__PURE__ */ once(() => {
  const url = optionalVariable('CACHE_URL');
  if (url === undefined) return undefined;
  const address = cacheAddress(url, variable('AWS_REGION'));
  return new Cache(
    () => openCache(address, tables().config.credentials),
    () => count('CacheFallbacks'),
  );
});

// Stores

const users = () =>
  new UserStore(tables(), { users: variable('USERS_TABLE'), credentials: variable('CREDENTIALS_TABLE') });
const profiles = () => new ProfileStore(tables(), variable('USERS_TABLE'));
const conversationStore = () => new ConversationStore(tables(), variable('CONVERSATIONS_TABLE'));
const messages = () => new MessageStore(tables(), variable('MESSAGES_TABLE'));
const changedMessages = () =>
  new ChangedMessages(new ChangeStore(tables(), variable('CHANGES_TABLE')), messages());
const presenceStore = () => new PresenceStore(tables(), variable('PRESENCE_TABLE'), variable('AWS_REGION'));
export const connectionRegistry = (): ConnectionRegistry => {
  const shared = cache();
  return shared === undefined ? presenceStore() : new CachedPresence(presenceStore(), shared);
};
const memberRows = () => new MemberStore(tables(), variable('MEMBERS_TABLE'));
const memberships = () =>
  new MembershipStore(tables(), {
    conversations: variable('CONVERSATIONS_TABLE'),
    members: variable('MEMBERS_TABLE'),
    inbox: variable('INBOX_TABLE'),
    endedMemberships: variable('ENDED_MEMBERSHIPS_TABLE'),
  });
const gateway = /* @__PURE__ */ once(
  () => new ConnectionGateway(new ApiGatewayManagementApiClient({ maxAttempts: 2 })),
);
const secret = (
  name: 'TOKEN_SECRET_ARN' | 'USER_ID_SECRET_ARN' | 'FINGERPRINT_SECRET_ARN' | 'EDGE_SECRET_ARN',
) => new SecretStore(new SecretsManagerClient({ requestHandler: newRequestHandler() }), variable(name));
const stream = () =>
  new MessageStream(new KinesisClient({ requestHandler: newRequestHandler() }), variable('STREAM_NAME'));
const eventBus = () =>
  new EventBus(new EventBridgeClient({ requestHandler: newRequestHandler() }), variable('EVENT_BUS_NAME'));
const deadLetters = () =>
  new DeadLetterQueue(
    new SQSClient({ requestHandler: newRequestHandler() }),
    variable('DEAD_LETTER_QUEUE_URL'),
  );

const inboxStore = () => new InboxStore(tables(), variable('INBOX_TABLE'));
const subscriptionStore = () => new SubscriptionStore(tables(), variable('SUBSCRIPTIONS_TABLE'));
const subscriptionWriter = () =>
  new SubscriptionWriter(tables(), {
    subscriptions: variable('SUBSCRIPTIONS_TABLE'),
    inbox: variable('INBOX_TABLE'),
  });
const fanOutQueue = () =>
  new FanOutQueue(new SQSClient({ requestHandler: newRequestHandler() }), variable('FAN_OUT_QUEUE_URL'));
const erasureQueue = () =>
  new ErasureQueue(new SQSClient({ requestHandler: newRequestHandler() }), variable('ERASURE_QUEUE_URL'));

// Services

const tokens = /* @__PURE__ */ once(() => new Tokens(secret('TOKEN_SECRET_ARN')));
/** The rows of callers whose request came with a token. */
export const requestRows = () => new RequestRows(inboxStore());
/** The rows of callers whose token was good when their socket opened. */
export const socketRows = () =>
  new SocketRows(tables(), { inbox: variable('INBOX_TABLE'), users: variable('USERS_TABLE') });
const endedMemberships = () => new EndedMembershipStore(tables(), variable('ENDED_MEMBERSHIPS_TABLE'));
const views = () => new ConversationViews(inboxStore(), conversationStore(), profiles());
const push = (budgetMs?: number) =>
  new Push(connectionRegistry(), gateway(), report, count, hop, Date.now, budgetMs);

const userIdSecret = /* @__PURE__ */ once(() => secret('USER_ID_SECRET_ARN'));
/** Where users sign in elsewhere. */
const issuerTokens = /* @__PURE__ */ once(() => {
  const settings = optionalVariable('OIDC_SETTINGS');
  if (settings === undefined) return undefined;
  const oidc = v.parse(OidcSettings, JSON.parse(settings));
  const { issuer } = oidc;
  return new IssuerTokens(
    oidc,
    new IssuerKeys(issuer, (error) => report('issuer could not be asked', { issuer }, error)),
  );
});

export const authenticate = (): Authenticate => {
  const issued = issuerTokens();
  if (issued === undefined) return new AuthenticateByOwnToken(tokens(), profiles());
  return new AuthenticateByIssuer(issued, userIdSecret(), profiles());
};

/** The same, for the one function that may make accounts. */
export const authenticateAndEnrol = (): Authenticate => {
  const issued = issuerTokens();
  if (issued === undefined) return authenticate();
  return new AuthenticateByIssuer(issued, userIdSecret(), profiles(), new Enrolment(users()));
};

export const clientAddress = () => new ClientAddress(secret('EDGE_SECRET_ARN'));
const registrations = () => new Registrations(connectionRegistry(), gateway(), report);
export const arrival = () => new Arrival(registrations(), profiles());
export const presence = () => new Presence(registrations(), profiles());
export const closing = () =>
  new Closing(registrations(), profiles(), new CutOff(inboxStore(), endedMemberships()));
const rateLimits = () => new RateLimitStore(tables(), variable('RATE_LIMITS_TABLE'));
const rateBuckets = (): RateBuckets => {
  const shared = cache();
  return shared === undefined ? rateLimits() : new CachedRateBuckets(rateLimits(), shared);
};
export const rateLimiter = () => {
  return new RateLimiter(
    rateBuckets(),
    rateLimits(),
    v.parse(RateLimitSettings, JSON.parse(variable('RATE_LIMIT_SETTINGS'))),
    count,
  );
};
export const frameLimits = () => new FrameLimits(rateLimiter(), gateway(), report);
export const acceptMessage = <C extends Caller>(rows: CallerRows<C>) =>
  new AcceptMessage(rows, rateLimiter(), stream(), count);
export const acceptChange = <C extends Caller>(rows: CallerRows<C>) =>
  new AcceptChange(rows, messages(), rateLimiter(), stream(), count);
export const history = () => new History(inboxStore(), messages(), changedMessages());
export const sync = () => new Sync(inboxStore(), conversationStore(), messages(), changedMessages());
export const onlineStatuses = () => new OnlineStatuses(connectionRegistry());
/** A handshake waits for it. */
export const announcePresence = () =>
  new AnnouncePresence({ inbox: inboxStore(), statuses: onlineStatuses(), push: push(2_000), report });
export const acquaintances = () => new Acquaintances(inboxStore(), memberRows(), profiles());

export const readMarkers = <C extends Caller>(rows: CallerRows<C>) =>
  new ReadMarkers({
    rows,
    inbox: inboxStore(),
    conversations: conversationStore(),
    members: memberRows(),
    push: push(),
  });

export const typing = () =>
  new Typing({ inbox: inboxStore(), members: memberRows(), buckets: rateBuckets(), push: push() });

export const accounts = () =>
  new Accounts({
    users: users(),
    sessions: new Sessions({
      store: new SessionStore(tables(), variable('USERS_TABLE')),
      tokens: tokens(),
      closing: closing(),
      registrations: registrations(),
      queue: erasureQueue(),
      report,
      maximumMs: Number(variable('SESSION_DAYS')) * 24 * 60 * 60 * 1000,
    }),
    rates: rateLimiter(),
    registrationOpen: variable('REGISTRATION') === 'open',
    issuer: issuerTokens()?.issuer,
  });

export const accountErasure = () => new AccountErasure(users(), closing(), erasureQueue());

export const subscriptions = () =>
  new Subscriptions(subscriptionStore(), subscriptionWriter(), inboxStore(), presenceStore());
export const inbox = () => new Inbox(inboxStore(), conversationStore(), views());

const counts = () =>
  new ConversationCounts(
    new ConversationCountStore(tables(), variable('CONVERSATION_COUNTS_TABLE')),
    inboxStore(),
  );

export const members = () =>
  new Members({
    conversations: conversationStore(),
    memberships: memberships(),
    inbox: inboxStore(),
    profiles: profiles(),
    views: views(),
    counts: counts(),
    push: push(),
    subscriptions: subscriptions(),
    growing: new GrowingGroups({
      conversations: conversationStore(),
      memberships: memberships(),
      inbox: inboxStore(),
      subscriptions: subscriptions(),
    }),
  });

export const conversations = () =>
  new Conversations({
    conversations: conversationStore(),
    memberships: memberships(),
    inbox: inboxStore(),
    profiles: profiles(),
    views: views(),
    members: members(),
    counts: counts(),
    push: push(),
    rates: rateLimiter(),
  });

export const deliverRecords = async () => {
  const { current } = await secret('FINGERPRINT_SECRET_ARN').keys();
  const logTables = {
    conversations: variable('CONVERSATIONS_TABLE'),
    messages: variable('MESSAGES_TABLE'),
    changes: variable('CHANGES_TABLE'),
    idempotency: variable('IDEMPOTENCY_TABLE'),
  };
  const messageLog = new MessageLog(tables(), logTables);
  const changeLog = new ChangeLog(tables(), logTables);
  const states = new ConversationStates(conversationStore(), memberRows());
  const fanOut = new FanOutJobs(subscriptionStore(), fanOutQueue());
  return new DeliverRecords({
    messages: new DeliverMessages({
      persist: new PersistMessages(messageLog, messages(), states, fingerprintWith(current), count),
      inbox: inboxStore(),
      views: views(),
      push: push(),
      fanOut,
      offline: new OfflineMembers(eventBus(), report, count),
      report,
      hop,
    }),
    changes: new DeliverChanges({
      persist: new PersistChanges(changeLog, messages(), states, count),
      push: push(),
      fanOut,
      report,
      hop,
    }),
    deadLetters: deadLetters(),
    report,
    count,
  });
};

export const fanOut = () =>
  new FanOut({
    subscriptions: subscriptionStore(),
    ended: endedMemberships(),
    messages: messages(),
    changed: changedMessages(),
    gateway: gateway(),
    presence: connectionRegistry(),
    queue: fanOutQueue(),
    report,
    count,
    hop,
  });

export const eraseUser = () =>
  new EraseUser({
    account: accountErasure(),
    users: users(),
    inbox: inboxStore(),
    withdrawal: new Withdrawal({
      conversations: conversationStore(),
      memberships: memberships(),
      members: members(),
      subscriptions: subscriptions(),
    }),
    records: new UserRecordsStore(tables(), variable('IDEMPOTENCY_TABLE')),
    stream: stream(),
    counts: counts(),
    presence: presenceStore(),
    queue: erasureQueue(),
    report,
    hop,
  });
