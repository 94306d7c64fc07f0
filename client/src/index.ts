/** The client of Parley: see README.md. */
export type { RefusedChange } from './change-queue.ts';
export { type ClientEvents, type GroupOptions, ParleyClient } from './client.ts';
export type { Clock } from './clock.ts';
export type { ConnectionState, StateChange } from './connection.ts';
export {
  Conversation,
  type ConversationEvents,
  type HistoryOptions,
  type HistoryPage,
} from './conversation.ts';
export type { GetToken } from './credentials.ts';
export { Emitter, type Unsubscribe } from './emitter.ts';
export { ParleyError, type ParleyErrorCode } from './errors.ts';
export type { Fetch } from './http.ts';
export { Inbox, type InboxEvents } from './inbox.ts';
export { indexedDbStorage } from './indexed-db.ts';
export type { ParleyOptions } from './options.ts';
export type { SendOptions } from './outbox.ts';
export { type OutgoingEvents, OutgoingMessage, type OutgoingState } from './outgoing.ts';
export { Presence, type PresenceEvents } from './presence.ts';
export type * from './protocol.ts';
export type { LoginOptions, RegisterOptions, Server } from './sign-in.ts';
export type { Signals } from './signals.ts';
export { memoryStorage, type OutboxRecord, type OutboxStorage } from './storage.ts';
export type { Tabs } from './tabs.ts';
export { Timeline, type TimelineChange, type TimelineEvents } from './timeline.ts';
export type { WebSocketClass, WebSocketLike } from './transport.ts';
