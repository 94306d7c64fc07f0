import { setTimeout as delay } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { AccountErasure } from '../../lambdas/services/account-erasure.ts';
import { Closing } from '../../lambdas/services/closing.ts';
import { CutOff } from '../../lambdas/services/cut-off.ts';
import { Registrations } from '../../lambdas/services/registrations.ts';
import { ConnectionGateway } from '../../lambdas/stores/connection-gateway.ts';
import { EndedMembershipStore } from '../../lambdas/stores/ended-membership-store.ts';
import { ErasureQueue } from '../../lambdas/stores/erasure-queue.ts';
import { InboxStore } from '../../lambdas/stores/inbox-store.ts';
import { PresenceStore } from '../../lambdas/stores/presence-store.ts';
import { TombstoneStore } from '../../lambdas/stores/tombstone-store.ts';
import { UserRecordsStore } from '../../lambdas/stores/user-records-store.ts';
import { ProfileStore, type Tombstone, UserStore } from '../../lambdas/stores/user-store.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { confirm } from '../deploying/confirm.ts';
import { managementApiOf } from '../deployment/connections.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { documentsOf, findDeployment } from '../deployment/find-deployment.ts';
import { UsageError } from '../load/option-values.ts';
import type { EraseCommand } from './erase-command.ts';

type Say = (line: string) => void;
type Parts = ReturnType<typeof partsOf>;

const looksEveryMs = 1_000;
/** What is left is counted up to here. */
const counted = 1_000;

export async function runErase(command: EraseCommand, say: Say): Promise<void> {
  const deployment = await findDeployment(command);
  const parts = partsOf(deployment);
  try {
    switch (command.what.kind) {
      case 'list':
        return await list(parts, say);
      case 'again':
        return await eraseAgain(parts, deployment, command, command.what.table, say);
      default:
        return await eraseOne(
          parts,
          deployment,
          command,
          await userIdOf(parts, command.what, deployment),
          say,
        );
    }
  } finally {
    parts.close();
  }
}

function partsOf(deployment: Deployment) {
  const documents = documentsOf(deployment);
  const management = managementApiOf(deployment);
  const sqs = new SQSClient(deployment.settings('sqs'));
  const tables = { users: deployment.physicalId('Users'), credentials: deployment.physicalId('Credentials') };
  const users = new UserStore(documents, tables);
  let failures = 0;
  const closing = new Closing(
    new Registrations(
      new PresenceStore(documents, deployment.physicalId('Presence'), deployment.region),
      new ConnectionGateway(management),
      () => {
        failures += 1;
      },
    ),
    new ProfileStore(documents, tables.users),
    new CutOff(
      new InboxStore(documents, deployment.physicalId('ConversationsByUser')),
      new EndedMembershipStore(documents, deployment.physicalId('EndedMemberships')),
    ),
  );
  const queue = new ErasureQueue(sqs, deployment.physicalId('ErasureJobs'));
  return {
    users,
    account: new AccountErasure(users, closing, queue),
    inbox: new InboxStore(documents, deployment.physicalId('ConversationsByUser')),
    records: new UserRecordsStore(documents, deployment.physicalId('Idempotency')),
    tombstones: (table = tables.users) => new TombstoneStore(documents, table),
    /** How many connections could not be closed. */
    failures: () => failures,
    close() {
      for (const client of [documents, management, sqs]) client.destroy();
    },
  };
}

async function userIdOf(
  { users }: Parts,
  what: { kind: 'user'; username: string } | { kind: 'id'; userId: string },
  { description }: Deployment,
): Promise<string> {
  if (what.kind === 'user') {
    const credential = await users.credential(what.username);
    if (credential !== undefined) return credential.userId;
    throw new UsageError(`There is no user "${what.username}" in ${description}.`);
  }
  const { userId } = what;
  if ((await users.user(userId)) !== undefined || (await users.tombstone(userId)) !== undefined)
    return userId;
  throw new UsageError(`There is no user ${userId} in ${description}, and none was erased.`);
}

async function eraseOne(
  parts: Parts,
  { description }: Deployment,
  { yes, wait }: EraseCommand,
  userId: string,
  say: Say,
): Promise<void> {
  const username = (await parts.users.user(userId))?.username;
  const who = `${username === undefined ? userId : `${username} (${userId})`} of ${description}`;
  if (!yes) {
    const answer = username ?? userId;
    await confirm({
      text: `Erase ${who}, and all that they ever wrote, for ever? Type "${answer}": `,
      answer,
    });
  }
  const before = await parts.users.tombstone(userId);
  await parts.account.request(userId);
  say(
    `${who}: the account has ended, and nobody can take the username for ${limits.erasedUsernameDays} days.`,
  );
  if (parts.failures() > 0) {
    say(`${parts.failures()} of their connections could not be closed. That is tried again.`);
  }
  if (wait) await follow(parts, userId, before, say);
  else say('The rest is erased in the background: npm run erase -- --list');
}

/** May be broken off: the erasure goes on by itself. */
async function follow(parts: Parts, userId: string, before: Tombstone | undefined, say: Say): Promise<void> {
  let told = '';
  for (;;) {
    const tombstone = await parts.users.tombstone(userId);
    const finishedAt = tombstone?.erasureFinishedAt;
    if (finishedAt !== undefined && finishedAt !== before?.erasureFinishedAt) {
      return say(
        `Erased at ${finishedAt}. The last messages are emptied as soon as the stream has come to them.`,
      );
    }
    const line = await leftOf(parts, userId);
    if (line !== told) say(line);
    told = line;
    await delay(looksEveryMs);
  }
}

async function leftOf({ inbox, records }: Parts, userId: string): Promise<string> {
  const about = (count: number) => (count < counted ? `${count}` : `${counted} or more`);
  const conversations = (await inbox.someConversationIds(userId, counted)).length;
  if (conversations > 0) return `Still in ${about(conversations)} conversations.`;
  const messages = (await records.some(userId, counted)).length;
  if (messages > 0) return `Still ${about(messages)} messages and changes to erase.`;
  return 'Nothing is left. What was under way when it began is waited for, a minute in all.';
}

async function eraseAgain(
  parts: Parts,
  { description }: Deployment,
  { yes }: EraseCommand,
  table: string | undefined,
  say: Say,
): Promise<void> {
  const userIds: string[] = [];
  for await (const { userId } of parts.tombstones(table).all()) userIds.push(userId);
  if (userIds.length === 0) return say('Nobody was erased before.');
  if (!yes) {
    const text = `Erase ${userIds.length} users of ${description} again, whom it knows as erased? Type "erase": `;
    await confirm({ text, answer: 'erase' });
  }
  for (const userId of userIds) {
    await parts.account.request(userId);
    say(`${userId}: is erased again, in the background`);
  }
  say(`${userIds.length} users. When it is finished, says npm run erase -- --list`);
}

async function list({ tombstones }: Parts, say: Say): Promise<void> {
  let count = 0;
  for await (const { userId, erasedAt, erasureFinishedAt } of tombstones().all()) {
    count += 1;
    say(
      `${userId}  asked ${erasedAt}  ${erasureFinishedAt ? `finished ${erasureFinishedAt}` : 'NOT FINISHED'}`,
    );
  }
  say(count === 0 ? 'Nobody was erased.' : `${count} erased.`);
}
