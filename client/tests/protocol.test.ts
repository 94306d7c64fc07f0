/** What the client declares of the protocol is what the schemas say; the compiler proves it, and the test makes it run. */
import type { InferOutput } from 'valibot';
import { expect, test } from 'vitest';
import type * as entities from '../../shared/protocol/entities.ts';
import { errorCodes, type ErrorCode as ProtocolErrorCode } from '../../shared/protocol/errors.ts';
import type * as events from '../../shared/protocol/events.ts';
import type { frames } from '../../shared/protocol/frames.ts';
import type * as http from '../../shared/protocol/http.ts';
import { limits } from '../../shared/protocol/limits.ts';
import * as codes from '../src/codes.ts';
import type * as socket from '../src/frames.ts';
import type * as nouns from '../src/protocol.ts';

/** Both ways, field by field: a field more or less, or of another type, does not compile. */
type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false;
/** Every object of the schema has what the client reads of it. */
type Reads<Schema, Client> = Schema extends Client ? true : false;
/** The server's strict schema takes every frame of the client. */
type Takes<Schema, Client> = Client extends Schema ? Same<keyof Client, keyof Client & keyof Schema> : false;

type Change<Action> = Extract<socket.ChangeFrame, { action: Action }>;

function proved(..._proofs: true[]): void {}

test('nouns, frames and events are those of shared/protocol', () => {
  proved(
    true satisfies Same<entities.Message, nouns.Message>,
    true satisfies Same<entities.Conversation, nouns.ConversationInfo>,
    true satisfies Same<entities.Member, nouns.Member>,
    true satisfies Same<entities.Profile, nouns.Profile>,
    true satisfies Same<entities.PublicProfile, nouns.PublicProfile>,
    true satisfies Same<entities.SessionInfo, nouns.SessionInfo>,
    true satisfies Same<entities.UserPresence, nouns.UserPresence>,
    true satisfies Same<keyof Required<entities.Message>, keyof nouns.Message>,
    true satisfies Same<keyof Required<entities.Conversation>, keyof nouns.ConversationInfo>,
    true satisfies Same<InferOutput<typeof http.SignedInAnswer>, nouns.SignedIn>,
    true satisfies Same<ProtocolErrorCode, nouns.ErrorCode>,

    true satisfies Reads<events.ServerEvent, socket.ServerEvent>,
    true satisfies Same<events.ServerEvent['type'], socket.ServerEvent['type']>,
    true satisfies Reads<InferOutput<typeof events.SyncReply>, socket.SyncReply>,
    true satisfies Reads<InferOutput<typeof events.PresenceReply>, socket.PresenceReport>,
    true satisfies Reads<InferOutput<typeof events.HeartbeatReply>, socket.HeartbeatReply>,
    true satisfies Reads<events.SendMessageAck, socket.Acknowledgement>,
    true satisfies Reads<InferOutput<typeof events.MarkReadAck>, socket.Acknowledgement>,
    true satisfies Reads<InferOutput<typeof events.ChangeAck>, socket.Acknowledgement>,

    true satisfies Takes<InferOutput<typeof frames.sendMessage>, socket.SendMessageFrame>,
    true satisfies Takes<InferOutput<typeof frames.editMessage>, Change<'editMessage'>>,
    true satisfies Takes<InferOutput<typeof frames.deleteMessage>, Change<'deleteMessage'>>,
    true satisfies Takes<InferOutput<typeof frames.react>, Change<'react'>>,
    true satisfies Takes<InferOutput<typeof frames.markRead>, socket.MarkReadFrame>,
    true satisfies Takes<InferOutput<typeof frames.typing>, socket.TypingFrame>,
    true satisfies Takes<InferOutput<typeof frames.presence>, socket.PresenceFrame>,
    true satisfies Takes<InferOutput<typeof frames.sync>, socket.SyncFrame>,
    true satisfies Takes<InferOutput<typeof frames.heartbeat>, socket.HeartbeatFrame>,
  );
});

test('the numbers are those of shared/protocol', () => {
  expect(codes.frameBytes).toBe(limits.frameBytes);
  expect(codes.syncConversations).toBe(limits.syncConversations);
  expect(codes.presenceUsers).toBe(limits.idsPerCall);
  expect(codes.fullPage).toBe(limits.page.max);
});

test('every error code of the protocol is known, and no other', () => {
  expect(Object.keys(errorCodes).every(codes.isErrorCode)).toBe(true);
  expect(codes.isErrorCode('TEAPOT')).toBe(false);
  expect(codes.isErrorCode('toString')).toBe(false);
});
