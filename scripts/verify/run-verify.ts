import pMap from 'p-map';
import { ChangeStore } from '../../lambdas/stores/change-store.ts';
import { ConversationStore } from '../../lambdas/stores/conversation-store.ts';
import { InboxStore } from '../../lambdas/stores/inbox-store.ts';
import { MemberStore } from '../../lambdas/stores/member-store.ts';
import { MessageLog } from '../../lambdas/stores/message-log.ts';
import { MessageStore } from '../../lambdas/stores/message-store.ts';
import { ReconciliationStore } from '../../lambdas/stores/reconciliation-store.ts';
import { ProfileStore } from '../../lambdas/stores/user-store.ts';
import { documentsOf, findDeployment, targetOptions, targetUsage } from '../deployment/find-deployment.ts';
import { givenOptions, UsageError } from '../load/option-values.ts';
import { checkConversation } from './check-conversation.ts';
import { strayIdempotencyRecords, strayInboxRows } from './check-whole-tables.ts';
import { type Finding, Unsettled, type VerifyStores } from './finding.ts';

export const exitCodes = { clean: 0, findings: 1, notChecked: 2 } as const;

export type VerifyOptions = {
  conversation: string | undefined;
  repair: boolean;
  patienceMs: number;
  stage: string | undefined;
  region: string | undefined;
};

export const verifyUsage = `npm run verify -- --conversation <id> | --all [options]

Holds what is derived to what it is derived from: heads to messages, inbox rows to members and heads, counts to members,
idempotency records to messages. It may run at any time, beside live traffic.

  --conversation <id>  one conversation
  --all                all of them, and rows that belong to none
  --repair             mend what is derived: heads, counts, inbox rows, places of changes. Never messages
${targetUsage}

Exit code 0: all is right. 1: something was found, mended or not. 2: it could not be checked.`;

/** `undefined` where help is wanted. Throws `UsageError`. */
export function verifyOptions(args: string[]): VerifyOptions | undefined {
  const { values, flags } = givenOptions(args, ['conversation', ...targetOptions], ['all', 'repair', 'help']);
  if (flags.has('help')) return undefined;
  if ((values.conversation !== undefined) === flags.has('all')) {
    throw new UsageError('What is to be checked? Either --conversation, or --all.');
  }
  const { conversation, stage, region } = values;
  return { conversation, repair: flags.has('repair'), patienceMs: 3_000, stage, region };
}

/** Answers the exit code. */
export async function runVerify(options: VerifyOptions, say: (line: string) => void): Promise<number> {
  const deployment = await findDeployment(options);
  const documents = documentsOf(deployment);
  const table = (name: string) => deployment.physicalId(name);
  const tables = {
    conversations: table('Conversations'),
    members: table('MembersByConversation'),
    messages: table('MessagesByConversation'),
    changes: table('Changes'),
    inbox: table('ConversationsByUser'),
    idempotency: table('Idempotency'),
    users: table('Users'),
  };
  try {
    say(`Checking ${deployment.description}.`);
    return await verify(verifyStores(documents, tables), options, say);
  } finally {
    documents.destroy();
  }
}

export function verifyStores(
  documents: ConstructorParameters<typeof ReconciliationStore>[0],
  tables: ConstructorParameters<typeof ReconciliationStore>[1] & { users: string },
): VerifyStores {
  return {
    conversations: new ConversationStore(documents, tables.conversations),
    memberships: new MemberStore(documents, tables.members),
    inbox: new InboxStore(documents, tables.inbox),
    messages: new MessageStore(documents, tables.messages),
    changes: new ChangeStore(documents, tables.changes),
    log: new MessageLog(documents, tables),
    profiles: new ProfileStore(documents, tables.users),
    reconciliation: new ReconciliationStore(documents, tables),
  };
}

/** A head that was mended is what its rows are held to next: one round for it, one for them. */
const rounds = 2;
const conversationsAtOnce = 4;
const progressEveryMs = 5_000;

export async function verify(
  stores: VerifyStores,
  options: Pick<VerifyOptions, 'conversation' | 'repair' | 'patienceMs'>,
  say: (line: string) => void,
): Promise<number> {
  const tally = { conversations: 0, found: 0, mended: 0, notChecked: 0 };
  let shownAt = Date.now();
  const settle = async (finding: Finding): Promise<boolean> => {
    tally.found += 1;
    const isMended = options.repair && finding.mend !== undefined && (await finding.mend());
    if (isMended) tally.mended += 1;
    say(lineOf(finding, options.repair, isMended));
    return isMended;
  };
  const checkOne = async (conversationId: string) => {
    tally.conversations += 1;
    try {
      for (let round = 1; round <= rounds; round += 1) {
        const findings = await checkConversation(stores, conversationId, options);
        if (findings === undefined) {
          // Named by its id, or deleted since it was listed.
          if (options.conversation !== undefined) throw new Unsettled(`There is no ${conversationId}`);
          return;
        }
        const known = round === 1 ? findings : findings.filter(({ mend }) => mend !== undefined);
        let headMended = false;
        for (const finding of known) {
          const isMended = await settle(finding);
          if (isMended && finding.check.startsWith('head.')) headMended = true;
        }
        if (!headMended) return;
      }
    } catch (error) {
      if (!(error instanceof Unsettled)) throw error;
      tally.notChecked += 1;
      say(`${conversationId}  NOT CHECKED: ${error.message}`);
    }
  };

  if (options.conversation !== undefined) {
    await checkOne(options.conversation);
    say(
      'Rows of people who are no members are looked for with --all only: they can be found by reading all rows.',
    );
  } else {
    for await (const ids of stores.reconciliation.conversationIds()) {
      await pMap(ids, checkOne, { concurrency: conversationsAtOnce });
      if (Date.now() - shownAt < progressEveryMs) continue;
      shownAt = Date.now();
      say(`… ${tally.conversations} conversations checked, ${tally.found} findings`);
    }
    for await (const findings of strayInboxRows(stores))
      for (const finding of findings) await settle(finding);
    for await (const findings of strayIdempotencyRecords(stores)) {
      for (const finding of findings) await settle(finding);
    }
  }
  if (tally.found > 0 && !options.repair) {
    say('Inbox rows of a conversation whose head is wrong are checked once it is mended.');
  }
  const { conversations, found, mended, notChecked } = tally;
  say(
    `${conversations} conversations checked: ${found} findings, ${mended} mended, ${notChecked} not checked.`,
  );
  if (notChecked > 0) return exitCodes.notChecked;
  return found > 0 ? exitCodes.findings : exitCodes.clean;
}

function lineOf(
  { check, conversationId, userId, found, expected, mend }: Finding,
  repair: boolean,
  isMended: boolean,
) {
  let outcome = mend === undefined ? 'cannot be mended' : 'can be mended with --repair';
  if (repair && mend !== undefined) outcome = isMended ? 'mended' : 'moved meanwhile: check again';
  return `${conversationId}  ${userId ?? '-'}  ${check}: found ${found}, expected ${expected} (${outcome})`;
}
