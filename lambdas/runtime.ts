/**
 * Where everything is made, once for each container: clients from the environment, stores from clients, services from
 * stores. A function that lacks a variable fails as it starts, with the variable's name. Each maker stands alone, so
 * that a bundle holds only what its function uses.
 */
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import { RateLimitSettings } from '../shared/domain/rate-limit.ts';
import { variable } from './environment.ts';
import { report } from './logger.ts';
import { AcceptMessage } from './services/accept-message.ts';
import { Accounts } from './services/accounts.ts';
import { Acquaintances } from './services/acquaintances.ts';
import { Authenticate } from './services/authenticate.ts';
import { ConversationStates } from './services/conversation-states.ts';
import { ConversationViews } from './services/conversation-views.ts';
import { Conversations } from './services/conversations.ts';
import { DeliverMessages } from './services/deliver-messages.ts';
import { History } from './services/history.ts';
import { Members } from './services/members.ts';
import { fingerprintWith } from './services/message-fingerprint.ts';
import { PersistMessages } from './services/persist-messages.ts';
import { Presence } from './services/presence.ts';
import { Push } from './services/push.ts';
import { RateLimiter } from './services/rate-limiter.ts';
import { ReadMarkers } from './services/read-markers.ts';
import { Sync } from './services/sync.ts';
import { Tokens } from './services/tokens.ts';
import { ConnectionGateway } from './stores/connection-gateway.ts';
import { ConversationStore } from './stores/conversation-store.ts';
import { DeadLetterQueue } from './stores/dead-letter-queue.ts';
import { newDocumentClient } from './stores/dynamo.ts';
import { InboxStore } from './stores/inbox-store.ts';
import { MembershipStore } from './stores/membership-store.ts';
import { MessageLog } from './stores/message-log.ts';
import { MessageStore } from './stores/message-store.ts';
import { MessageStream } from './stores/message-stream.ts';
import { PresenceStore } from './stores/presence-store.ts';
import { RateLimitStore } from './stores/rate-limit-store.ts';
import { newRequestHandler } from './stores/request-handler.ts';
import { SecretStore } from './stores/secret-store.ts';
import { ProfileStore, UserStore } from './stores/user-store.ts';

let sharedDocuments: DynamoDBDocumentClient | undefined;
function documents(): DynamoDBDocumentClient {
  sharedDocuments ??= newDocumentClient();
  return sharedDocuments;
}

// Stores

const users = () =>
  new UserStore(documents(), { users: variable('USERS_TABLE'), credentials: variable('CREDENTIALS_TABLE') });
const profiles = () => new ProfileStore(documents(), variable('USERS_TABLE'));
const conversationStore = () => new ConversationStore(documents(), variable('CONVERSATIONS_TABLE'));
const inbox = () => new InboxStore(documents(), variable('INBOX_TABLE'));
const messages = () => new MessageStore(documents(), variable('MESSAGES_TABLE'));
const presenceStore = () =>
  new PresenceStore(documents(), variable('PRESENCE_TABLE'), variable('AWS_REGION'));
const memberships = () =>
  new MembershipStore(documents(), {
    conversations: variable('CONVERSATIONS_TABLE'),
    members: variable('MEMBERS_TABLE'),
    inbox: variable('INBOX_TABLE'),
  });
const gateway = () => new ConnectionGateway(new ApiGatewayManagementApiClient({ maxAttempts: 2 }));
const secret = (name: 'TOKEN_SECRET_ARN' | 'FINGERPRINT_SECRET_ARN') =>
  new SecretStore(new SecretsManagerClient({ requestHandler: newRequestHandler() }), variable(name));
const stream = () =>
  new MessageStream(new KinesisClient({ requestHandler: newRequestHandler() }), variable('STREAM_NAME'));

const SecretKey = v.object({ current: v.string() });

// Services

const tokens = () => new Tokens(secret('TOKEN_SECRET_ARN'));
const views = () => new ConversationViews(inbox(), conversationStore(), profiles());
const push = () => new Push(presenceStore(), gateway(), report);
const rates = () =>
  new RateLimiter(
    new RateLimitStore(documents(), variable('RATE_LIMITS_TABLE')),
    v.parse(RateLimitSettings, JSON.parse(variable('RATE_LIMIT_SETTINGS'))),
  );

export const authenticate = () => new Authenticate(tokens(), profiles());
export const userProfiles = profiles;
export const presence = () => new Presence(presenceStore(), gateway(), report);
export const rateLimiter = rates;
export const latestActivity = inbox;
export const acceptMessage = () => new AcceptMessage(inbox(), rates(), stream());
export const history = () => new History(inbox(), messages());
export const sync = () => new Sync(inbox(), conversationStore(), messages());
export const acquaintances = () => new Acquaintances(inbox(), profiles());

export const readMarkers = () =>
  new ReadMarkers({
    inbox: inbox(),
    conversations: conversationStore(),
    memberships: memberships(),
    push: push(),
  });

export const accounts = () =>
  new Accounts({
    users: users(),
    tokens: tokens(),
    rates: rates(),
    presence: presence(),
    registrationOpen: variable('REGISTRATION') === 'open',
  });

export const members = () =>
  new Members({
    conversations: conversationStore(),
    memberships: memberships(),
    inbox: inbox(),
    profiles: profiles(),
    views: views(),
    push: push(),
  });

export const conversations = () =>
  new Conversations({
    conversations: conversationStore(),
    memberships: memberships(),
    inbox: inbox(),
    profiles: profiles(),
    views: views(),
    members: members(),
    push: push(),
    rates: rates(),
  });

export const deliverMessages = async () => {
  const { current } = v.parse(SecretKey, JSON.parse(await secret('FINGERPRINT_SECRET_ARN').value()));
  const fingerprint = fingerprintWith(current);
  const states = new ConversationStates(conversationStore(), memberships());
  const log = new MessageLog(documents(), {
    conversations: variable('CONVERSATIONS_TABLE'),
    messages: variable('MESSAGES_TABLE'),
    idempotency: variable('IDEMPOTENCY_TABLE'),
  });
  return new DeliverMessages({
    persist: new PersistMessages(log, messages(), states, fingerprint),
    inbox: inbox(),
    views: views(),
    push: push(),
    deadLetters: new DeadLetterQueue(
      new SQSClient({ requestHandler: newRequestHandler() }),
      variable('DEAD_LETTER_QUEUE_URL'),
    ),
    report,
  });
};
