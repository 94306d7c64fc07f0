import { KinesisClient } from '@aws-sdk/client-kinesis';
import { MessageLog } from '../../lambdas/stores/message-log.ts';
import { documentsOf, findDeployment } from '../deployment/find-deployment.ts';
import { onAws, onEmulator } from '../stream/shard-reader.ts';
import { awaitStored, countedConversations, type ReplayResult, replay } from './replay.ts';
import type { ReplayOptions } from './replay-options.ts';

const waitMs = 30_000;

/** Answers the exit code. */
export async function runReplay(options: ReplayOptions, say: (line: string) => void): Promise<number> {
  const deployment = await findDeployment(options);
  const kinesis = new KinesisClient({ ...deployment.settings('kinesis'), maxAttempts: 8 });
  const documents = documentsOf(deployment);
  const log = new MessageLog(documents, {
    conversations: deployment.physicalId('Conversations'),
    messages: deployment.physicalId('MessagesByConversation'),
    idempotency: deployment.physicalId('Idempotency'),
  });
  const manner = deployment.dataDirectory === undefined ? onAws : onEmulator;
  try {
    say(`Reading the stream of ${deployment.description}, up to ${options.until.toISOString()}.`);
    const result = await replay(
      kinesis,
      deployment.physicalId('Messages'),
      log,
      options,
      manner,
      showProgress,
    );
    say(summaryOf(result));
    if (!options.run) {
      say('Nothing was put: this was a dry run. Add --run to do it.');
      return 0;
    }
    say(`${result.put} records were put into the stream again.`);
    if (result.awaited.length === 0) return 0;
    const missing = await awaitStored(log, result.awaited, waitMs);
    say(
      `${result.awaited.length - missing.length} messages and changes are stored now that were not before.`,
    );
    if (missing.length === 0) return 0;
    say(
      `${missing.length} are still not. Either deliver is behind, or it refused them, since their senders have left, or gave them up: \`npm run dlq -- list\`.`,
    );
    for (const { conversationId, messageId } of missing.slice(0, 20)) {
      say(`  ${messageId} in ${conversationId}`);
    }
    return 1;
  } finally {
    kinesis.destroy();
    documents.destroy();
  }
}

let shownAt = Date.now();
function showProgress({ records, put }: ReplayResult): void {
  if (Date.now() - shownAt < 5_000) return;
  shownAt = Date.now();
  console.error(`… ${records} read, ${put} put`);
}

function summaryOf({ records, conversations, byFate }: ReplayResult): string {
  const atLeast = conversations.size === countedConversations ? 'at least ' : '';
  return [
    `${records} records of ${atLeast}${conversations.size} conversations:`,
    ...[...byFate].map(([fate, count]) => `  ${String(count).padStart(6)}  ${fate}`),
  ].join('\n');
}
