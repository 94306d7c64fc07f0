/** Chats on what was just deployed: the short run of the conformance suite. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StageSettings } from '../../infra/config.ts';
import type { Addresses } from './outputs.ts';

const suite = join(import.meta.dirname, '../conformance.ts');

/** Users to chat as. Where none are given, the suite registers its own. */
export type GivenUsers = {
  /** Each `name:password`. */
  account: string[];
  token: string[];
};

export async function smokeTest(
  { http, webSocket }: Addresses,
  settings: StageSettings,
  users: GivenUsers,
): Promise<void> {
  const advice = adviceWithout(users, settings);
  if (advice !== undefined) {
    console.log(`Not tried by chatting: ${advice}`);
    return;
  }
  const options = ['--url', http, '--ws', webSocket.replace(/\/$/, ''), '--smoke'];
  for (const account of users.account) options.push('--account', account);
  for (const token of users.token) options.push('--token', token);
  const child = spawn(process.execPath, [suite, ...options], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) {
    throw new Error(
      `Stage ${settings.stage} is deployed, but does not do all that it should: see above. docs/operations.md says where to look; ` +
        'docs/deploying.md, under "Upgrading", how to go back.',
    );
  }
}

function adviceWithout(
  { account, token }: GivenUsers,
  { auth, registration }: StageSettings,
): string | undefined {
  if (auth !== 'built-in' && token.length === 0) {
    return 'users come from your issuer. Give tokens of two of them: --token … --token …';
  }
  if (registration === 'closed' && account.length + token.length === 0) {
    return 'registration is closed. Name two users: --account name:password --account name:password';
  }
  return undefined;
}
