import { splitByBytes } from '../../shared/domain/split-by-bytes.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import { limits } from '../../shared/protocol/limits.ts';

export type MessageEvent = Extract<ServerEvent, { type: 'message' }>;

/** Room for the event's own braces and type. */
const envelopeBytes = 64;

/** Messages of one conversation in as few events as may be posted. */
export function messageEvents(messages: Message[]): MessageEvent[] {
  return splitByBytes(messages, limits.eventBytes - envelopeBytes).map((run) => ({
    type: 'message',
    messages: run,
  }));
}
