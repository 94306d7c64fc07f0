import { ConversationStore } from '../../lambdas/stores/conversation-store.ts';
import { InboxStore } from '../../lambdas/stores/inbox-store.ts';
import { MemberStore } from '../../lambdas/stores/member-store.ts';
import { MessageLog } from '../../lambdas/stores/message-log.ts';
import { MessageStore } from '../../lambdas/stores/message-store.ts';
import { hasExactInboxRows } from '../../shared/domain/large-groups.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { documentsOf, findDeployment, targetOptions, targetUsage } from '../deployment/find-deployment.ts';
import { durationOf, givenOptions, UsageError } from '../load/option-values.ts';
import { logLinesWith } from './log-lines.ts';
import { type Happening, happeningsIn, senderIn, timelineText } from './timeline.ts';

export type TraceOptions = {
  messageId: string;
  sender: string | undefined;
  since: Date;
  stage: string | undefined;
  region: string | undefined;
};

export const traceUsage = `npm run trace -- --message <messageId> [options]

Follows one message through the functions' logs and the tables, and prints when what became of it. What was said is not shown.

  --message <id>   as the client named it
  --sender <id>    who sent it             [as the logs say]
  --since <time>   how far back to look in the logs, such as 30m  [24h]
${targetUsage}`;

const membersShown = 20;
const longestMs = 30 * 24 * 3_600_000;

/** `undefined` where help is wanted. Throws `UsageError`. */
export function traceOptions(args: string[], now: Date): TraceOptions | undefined {
  const { values, flags } = givenOptions(args, ['message', 'sender', 'since', ...targetOptions], ['help']);
  if (flags.has('help')) return undefined;
  const { message, sender, since = '24h', stage, region } = values;
  // The alphabet of docs/protocol.md, which keeps it one word in a search.
  if (message === undefined || !/^[A-Za-z0-9_-]{1,64}$/.test(message)) {
    throw new UsageError('Which message? Give its messageId in --message.');
  }
  const backMs = durationOf('since', since, { minMs: 1_000, maxMs: longestMs });
  return { messageId: message, sender, since: new Date(now.getTime() - backMs), stage, region };
}

/** Answers the exit code: 1 where nothing was found. */
export async function runTrace(options: TraceOptions, say: (line: string) => void): Promise<number> {
  const deployment = await findDeployment(options);
  const lines = await logLinesWith(deployment, options.messageId, options.since);
  const sender = options.sender ?? senderIn(lines, options.messageId);
  const happenings = happeningsIn(lines, options.messageId);
  const stored: string[] = [];
  if (sender !== undefined) await lookIntoTables(deployment, sender, options.messageId, happenings, stored);
  if (happenings.length === 0)
    say(`No log line since ${options.since.toISOString()} names ${options.messageId}.`);
  for (const line of timelineText(happenings)) say(line);
  if (sender === undefined) stored.push('The tables are looked up by sender: add --sender <userId>.');
  for (const line of ['', ...stored]) say(line);
  return happenings.length === 0 ? 1 : 0;
}

async function lookIntoTables(
  deployment: Deployment,
  senderId: string,
  messageId: string,
  happenings: Happening[],
  say: string[],
): Promise<void> {
  const documents = documentsOf(deployment);
  const table = (name: string) => deployment.physicalId(name);
  try {
    const log = new MessageLog(documents, {
      conversations: table('Conversations'),
      messages: table('MessagesByConversation'),
      idempotency: table('Idempotency'),
    });
    const record = await log.idempotencyRecord(senderId, messageId);
    if (record === undefined) {
      say.push(
        `Not stored: there is no idempotency record of ${senderId} and ${messageId}.`,
        'It may be on its way, refused, or given up: `npm run dlq -- list`, and `npm run replay` for what is in the stream.',
      );
      return;
    }
    const { conversationId, seq, acceptId } = record;
    say.push(`Idempotency record: ${seq} of ${conversationId}, acceptance ${acceptId}.`);
    const message = await new MessageStore(documents, table('MessagesByConversation')).message(
      conversationId,
      seq,
    );
    if (message === undefined) {
      say.push(`Its message is MISSING: \`npm run verify -- --conversation ${conversationId}\``);
      return;
    }
    happenings.push({
      at: Date.parse(message.createdAt),
      what: `given its createdAt, and ${seq} in its conversation`,
    });
    const head = await new ConversationStore(documents, table('Conversations')).head(conversationId);
    const { senderId: storedSender, revision } = message;
    const changed =
      revision === undefined ? '' : `, ${message.deleted ? 'deleted' : 'changed'} by revision ${revision}`;
    say.push(`Message: stored, of ${storedSender}${changed}. The conversation has come to ${head?.lastSeq}.`);
    const members = await new MemberStore(documents, table('MembersByConversation')).page(
      conversationId,
      membersShown,
    );
    const rows = await new InboxStore(documents, table('ConversationsByUser')).rows(
      members.map(({ userId }) => ({ userId, conversationId })),
    );
    for (const { userId, lastSeq, lastReadSeq } of rows) {
      const moved = lastSeq >= seq ? 'has it' : `is at ${lastSeq}`;
      const inbox = head && !hasExactInboxRows(head) ? 'follows the head, as in every large group' : moved;
      const read = lastReadSeq >= seq ? 'read' : 'unread';
      say.push(`  ${userId}: inbox row ${inbox}, ${read}`);
    }
    const others = (head?.memberCount ?? 0) - members.length;
    if (others > 0) say.push(`  and ${others} members more`);
  } finally {
    documents.destroy();
  }
}
