/** The messages of the WebSocket API in words, with their schemas and an example each. */
import type { GenericSchema } from 'valibot';
import {
  ChangeAck,
  ConversationChangedEvent,
  ConversationEvent,
  ConversationRemovedEvent,
  ErrorEvent,
  HeartbeatReply,
  MarkReadAck,
  MessageChangedEvent,
  MessageEvent,
  PresenceEvent,
  PresenceReply,
  ReadEvent,
  type replies,
  SendMessageAck,
  ServerEvent,
  SyncReply,
  TypingEvent,
} from '../../shared/protocol/events.ts';
import {
  type ActionName,
  DeleteMessageFrame,
  EditMessageFrame,
  frames,
  HeartbeatFrame,
  MarkReadFrame,
  PresenceFrame,
  ReactFrame,
  SendMessageFrame,
  SyncFrame,
  TypingFrame,
} from '../../shared/protocol/frames.ts';
import { limits } from '../../shared/protocol/limits.ts';
import {
  acceptedAt,
  bobId,
  carolId,
  changedMessage,
  dm,
  dmId,
  group,
  groupId,
  message,
  messageId,
} from './examples.ts';

export type MessageDocument = { summary: string; schema: GenericSchema; example: object };
export type ActionDocument = { description: string; frame: MessageDocument; reply: string | undefined };

const requestId = '1';

/** By `action`, as the routes of infra/routes.ts are named; `reply` names one of {@link replyDocuments}; without it only an error is answered. */
export const actionDocuments: Record<ActionName, ActionDocument> = {
  sendMessage: {
    description:
      'The `ack` says that the message is durably queued; the `message` event that follows, with its `seq`, that it is ' +
      'stored. A client sends again, with the same `messageId`, what has no event after 30 s, then doubling.',
    frame: {
      summary: 'Send a message',
      schema: SendMessageFrame,
      example: { action: 'sendMessage', requestId, conversationId: dmId, messageId, content: 'hello' },
    },
    reply: 'SendMessageAck',
  },
  editMessage: {
    description:
      'By the sender only. The `ack` says that the change is durably queued; the `messageChanged` event that follows, that it ' +
      'is stored.',
    frame: {
      summary: "Change the text of one's own message",
      schema: EditMessageFrame,
      example: { action: 'editMessage', requestId, conversationId: dmId, seq: 42, content: 'hello!' },
    },
    reply: 'ChangeAck',
  },
  deleteMessage: {
    description:
      'By the sender, or an admin of the group. The message keeps its place, and loses its text and its reactions for good.',
    frame: {
      summary: 'Delete a message',
      schema: DeleteMessageFrame,
      example: { action: 'deleteMessage', requestId, conversationId: dmId, seq: 42 },
    },
    reply: 'ChangeAck',
  },
  react: {
    description: `By any member. A message has at most ${limits.reactionsPerMessage} reactions.`,
    frame: {
      summary: 'Add a reaction to a message, or take it back',
      schema: ReactFrame,
      example: { action: 'react', requestId, conversationId: dmId, seq: 42, emoji: '👍', op: 'add' },
    },
    reply: 'ChangeAck',
  },
  markRead: {
    description: 'Never back, and never past `lastSeq`: the reply says where the marker is.',
    frame: {
      summary: 'Move the read marker up',
      schema: MarkReadFrame,
      example: { action: 'markRead', requestId, conversationId: dmId, seq: 42 },
    },
    reply: 'MarkReadAck',
  },
  typing: {
    description:
      'Say it again every few seconds while it goes on. There is no reply, unless something is wrong; nothing is kept.',
    frame: {
      summary: 'Tell the others that one is writing, or no longer',
      schema: TypingFrame,
      example: { action: 'typing', requestId, conversationId: dmId, state: 'started' },
    },
    reply: undefined,
  },
  sync: {
    description:
      `For up to ${limits.syncConversations} conversations: what is stored after \`afterSeq\` and what has changed after \`afterRevision\`, at most \`limit\` messages each (${limits.messagePage} where ` +
      `not given) and ${limits.eventBytes} bytes in all. Every reply makes progress.`,
    frame: {
      summary: 'Ask for what the device has missed',
      schema: SyncFrame,
      example: {
        action: 'sync',
        requestId,
        conversations: [{ conversationId: dmId, afterSeq: 41, afterRevision: 0 }],
      },
    },
    reply: 'SyncReply',
  },
  presence: {
    description:
      `For up to ${limits.idsPerCall} people one shares a conversation with, and oneself; others are left out. What changes ` +
      'later of people one shares a DM with comes as a `presence` event; of others, ask again.',
    frame: {
      summary: 'Ask who is online, and when people were last seen',
      schema: PresenceFrame,
      example: { action: 'presence', requestId, userIds: [bobId, carolId], conversationIds: [groupId] },
    },
    reply: 'PresenceReply',
  },
  heartbeat: {
    description: 'A client sends one every 60 s: it keeps the socket open and its registration alive.',
    frame: {
      summary: 'Say that the client is there',
      schema: HeartbeatFrame,
      example: { action: 'heartbeat', requestId },
    },
    reply: 'HeartbeatReply',
  },
};

export const replyDocuments: Record<keyof typeof replies, MessageDocument> = {
  SendMessageAck: {
    summary: 'The message is durably queued',
    schema: SendMessageAck,
    example: { type: 'ack', action: 'sendMessage', requestId, messageId, conversationId: dmId, acceptedAt },
  },
  ChangeAck: {
    summary: 'The change is durably queued',
    schema: ChangeAck,
    example: {
      type: 'ack',
      action: 'editMessage',
      requestId,
      conversationId: dmId,
      seq: 42,
      acceptedAt,
    },
  },
  MarkReadAck: {
    summary: 'Where the read marker is',
    schema: MarkReadAck,
    example: { type: 'ack', action: 'markRead', requestId, conversationId: dmId, lastReadSeq: 42 },
  },
  SyncReply: {
    summary: 'What the device has missed, as much of it as one frame holds',
    schema: SyncReply,
    example: {
      type: 'sync',
      requestId,
      conversations: [
        {
          conversationId: dmId,
          lastSeq: 42,
          lastReadSeq: 40,
          lastRevision: 1,
          messages: [changedMessage],
          changed: [changedMessage],
          hasMore: false,
        },
        { conversationId: 'cnv_unknown', code: 'NOT_FOUND' },
      ],
    },
  },
  PresenceReply: {
    summary: 'Who of them is online, in the order asked for',
    schema: PresenceReply,
    example: {
      type: 'presence',
      requestId,
      users: [
        { userId: bobId, status: 'online', lastSeenAt: '2026-11-24T10:00:42.000Z' },
        { userId: carolId, status: 'offline', lastSeenAt: null },
      ],
    },
  },
  HeartbeatReply: {
    summary: "The server's clock, and the newest activity in the caller's inbox",
    schema: HeartbeatReply,
    example: {
      type: 'heartbeat',
      requestId,
      serverTime: '2026-11-24T10:01:00.000Z',
      latestActivityAt: message.createdAt,
    },
  },
  ErrorEvent: {
    summary: 'What was wrong with an action, or with a message accepted before',
    schema: ErrorEvent,
    example: {
      type: 'error',
      code: 'RATE_LIMITED',
      message: 'Too many requests: try again in 80 ms.',
      action: 'sendMessage',
      requestId,
      messageId,
      retryAfterMs: 80,
    },
  },
};

/** Who receives each event is its summary. */
export const eventDocuments: Record<string, MessageDocument> = {
  MessageEvent: {
    summary:
      'Stored messages of one conversation. To every connection of every member, those of the sender included',
    schema: MessageEvent,
    example: { type: 'message', messages: [message] },
  },
  MessageChangedEvent: {
    summary:
      'Messages of one conversation were edited, deleted or reacted to, and are like this now. To every connection of every member',
    schema: MessageChangedEvent,
    example: { type: 'messageChanged', messages: [changedMessage], afterRevision: 0, lastRevision: 1 },
  },
  ReadEvent: {
    summary: `A read marker moved. To the members, in conversations of up to ${limits.smallGroupMembers}; else to the reader's devices`,
    schema: ReadEvent,
    example: { type: 'read', conversationId: dmId, userId: bobId, seq: 42 },
  },
  TypingEvent: {
    summary: `Somebody is writing, or no longer. To the other members, in conversations of up to ${limits.smallGroupMembers}`,
    schema: TypingEvent,
    example: { type: 'typing', conversationId: dmId, userId: bobId, state: 'started' },
  },
  PresenceEvent: {
    summary:
      "A user's first device came online, or the last one went. To people who share a DM with the user; may come twice",
    schema: PresenceEvent,
    example: {
      type: 'presence',
      users: [{ userId: bobId, status: 'offline', lastSeenAt: '2026-11-24T10:05:00.000Z' }],
    },
  },
  ConversationEvent: {
    summary:
      'A conversation as it is now. To a member who was added, or whose role or settings changed; may come again before ' +
      'the first message after joining',
    schema: ConversationEvent,
    example: { type: 'conversation', conversation: dm },
  },
  ConversationChangedEvent: {
    summary: `Its title or size changed. To the members, in conversations of up to ${limits.smallGroupMembers}`,
    schema: ConversationChangedEvent,
    example: {
      type: 'conversationChanged',
      conversationId: group.conversationId,
      title: 'Lunch',
      memberCount: 3,
    },
  },
  ConversationRemovedEvent: {
    summary: 'The user is no longer a member. To a user who left or was removed',
    schema: ConversationRemovedEvent,
    example: { type: 'conversationRemoved', conversationId: group.conversationId },
  },
};

/** Every action has words, and every event that a server may send has too. */
export function checkSocketMessages(actions: string[]): void {
  const known = Object.keys(frames);
  for (const action of [...actions, ...known]) {
    if (!known.includes(action))
      throw new Error(`The route ${action} has no schema in shared/protocol/frames.ts`);
    if (!actions.includes(action)) throw new Error(`No route of infra/routes.ts takes the action ${action}`);
  }
  const described = [...Object.values(replyDocuments), ...Object.values(eventDocuments)];
  for (const schema of ServerEvent.options) {
    if (described.some((one) => one.schema === schema)) continue;
    throw new Error(
      `The event "${schema.entries.type.literal}" is not described in scripts/docs/socket-messages.ts`,
    );
  }
}
