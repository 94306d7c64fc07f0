/** The fakes say nothing that the real server could not say, and take nothing that it would not take. */
import * as v from 'valibot';
import { replies, ServerEvent } from '../../../shared/protocol/events.ts';
import { type ActionName, frames } from '../../../shared/protocol/frames.ts';
import {
  ConversationAnswer,
  ConversationWithMembersAnswer,
  InboxAnswer,
  MessagesAnswer,
  SessionsAnswer,
} from '../../../shared/protocol/http.ts';

const { ErrorEvent: _anEventToo, ...onlyReplies } = replies;
const FromServer = v.union([ServerEvent, ...Object.values(onlyReplies)]);

export function heldToProtocol(frame: { type?: string }): void {
  if (frame.type !== undefined) v.parse(FromServer, frame);
}

export function clientFrame(frame: unknown): void {
  const { action } = v.parse(v.looseObject({ action: v.string() }), frame);
  const schema = frames[action as ActionName]; // Undefined where it is not one, which the next line notices.
  v.parse(schema ?? v.never(`no such action: ${action}`), frame);
}

const answers: Record<string, v.GenericSchema> = {
  'GET /v1/conversations': InboxAnswer,
  'POST /v1/conversations': ConversationAnswer,
  'GET /v1/conversations/{id}': ConversationWithMembersAnswer,
  'PATCH /v1/conversations/{id}/settings': ConversationAnswer,
  'GET /v1/messages': MessagesAnswer,
  'GET /v1/users/me/sessions': SessionsAnswer,
};

export function answerHeldToProtocol(route: string, body: unknown): void {
  const schema = answers[route];
  if (schema !== undefined) v.parse(schema, body);
}
