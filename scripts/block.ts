/**
 * `npm run block -- --user mallory [--unblock] [--stage dev]`: keeps somebody out, or lets them in again. Without a stage, of
 * the embedded runtime. docs/operations.md, Blocking an abuser.
 */
import { parseArgs } from 'node:util';
import { Blocking } from '../lambdas/services/blocking.ts';
import { Closing } from '../lambdas/services/closing.ts';
import { CutOff } from '../lambdas/services/cut-off.ts';
import { Registrations } from '../lambdas/services/registrations.ts';
import { ConnectionGateway } from '../lambdas/stores/connection-gateway.ts';
import { EndedMembershipStore } from '../lambdas/stores/ended-membership-store.ts';
import { InboxStore } from '../lambdas/stores/inbox-store.ts';
import { PresenceStore } from '../lambdas/stores/presence-store.ts';
import { ProfileStore, UserStore } from '../lambdas/stores/user-store.ts';
import { managementApiOf } from './deployment/connections.ts';
import type { Deployment } from './deployment/deployment.ts';
import { documentsOf, findDeployment, targetUsage } from './deployment/find-deployment.ts';

const usage = `npm run block -- --user <username> [--unblock] [--stage <name>]

  --user <username> whom
  --unblock         lets them log in again
${targetUsage}`;

/** Answers what to tell of connections that could not be closed. */
function blockingIn(deployment: Deployment, report: (what: string) => void) {
  const documents = documentsOf(deployment);
  const management = managementApiOf(deployment);
  const users = deployment.physicalId('Users');
  const closing = new Closing(
    new Registrations(
      new PresenceStore(documents, deployment.physicalId('Presence'), deployment.region),
      new ConnectionGateway(management),
      report,
    ),
    new ProfileStore(documents, users),
    new CutOff(
      new InboxStore(documents, deployment.physicalId('ConversationsByUser')),
      new EndedMembershipStore(documents, deployment.physicalId('EndedMemberships')),
    ),
  );
  const store = new UserStore(documents, { users, credentials: deployment.physicalId('Credentials') });
  return {
    blocking: new Blocking(store, closing),
    close() {
      documents.destroy();
      management.destroy();
    },
  };
}

async function main(): Promise<string> {
  const { values } = parseArgs({
    options: {
      user: { type: 'string' },
      unblock: { type: 'boolean', default: false },
      stage: { type: 'string' },
      region: { type: 'string' },
    },
  });
  if (values.user === undefined) throw new Error(usage);
  const username = values.user.toLowerCase();
  const deployment = await findDeployment(values);
  let failures = 0;
  const { blocking, close } = blockingIn(deployment, () => {
    failures += 1;
  });
  try {
    const user = values.unblock ? await blocking.unblock(username) : await blocking.block(username);
    if (user === undefined) throw new Error(`There is no user "${username}" in ${deployment.description}.`);
    const who = `${username} (${user.userId}) of ${deployment.description}`;
    if (values.unblock) return `${who} may log in again.`;
    if (failures > 0) {
      throw new Error(
        `${who} is blocked, but ${failures} of their connections could not be closed. They receive nothing, and what they ` +
          'send is refused; API Gateway ends them within two hours.',
      );
    }
    return `${who} is blocked: their sessions and connections have ended.`;
  } finally {
    close();
  }
}

try {
  console.log(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
