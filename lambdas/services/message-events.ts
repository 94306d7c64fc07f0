import { splitByBytes } from '../../shared/domain/split-by-bytes.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { ChangeSet } from './persist-changes.ts';

export type MessageEvent = Extract<ServerEvent, { type: 'message' }>;
export type MessageChangedEvent = Extract<ServerEvent, { type: 'messageChanged' }>;

/** Room for the event's own braces, type and revisions. */
const envelopeBytes = 128;

/** Messages of one conversation in as few events as may be posted. */
export function messageEvents(messages: Message[]): MessageEvent[] {
  return inEvents(messages).map((run) => ({ type: 'message', messages: run }));
}

/** Changed messages in as few events as may be posted, each of which goes on where the one before ends. */
export function changeEvents({ messages, afterRevision, lastRevision }: ChangeSet): MessageChangedEvent[] {
  const runs = inEvents(messages);
  const ends = runs.slice(0, -1).map((run) => run.at(-1)?.revision ?? afterRevision);
  return runs.map((run, index) => ({
    type: 'messageChanged',
    messages: run,
    afterRevision: ends[index - 1] ?? afterRevision,
    lastRevision: ends[index] ?? lastRevision,
  }));
}

/**
 * The same changes in as few sets as join one another. A message that was changed in several stands in the last of them
 * alone: one with a thousand reactions is told once, however many transactions it was changed by.
 */
export function joinedChangeSets(sets: readonly ChangeSet[]): ChangeSet[] {
  const joined: ChangeSet[] = [];
  for (const set of sets) {
    const last = joined.at(-1);
    if (last?.lastRevision !== set.afterRevision) {
      joined.push(set);
      continue;
    }
    const changedAgain = new Set(set.messages.map(({ seq }) => seq));
    const messages = [...last.messages.filter(({ seq }) => !changedAgain.has(seq)), ...set.messages];
    joined.splice(-1, 1, { ...last, messages, lastRevision: set.lastRevision });
  }
  return joined;
}

function inEvents(messages: Message[]): Message[][] {
  return splitByBytes(messages, limits.eventBytes - envelopeBytes);
}
