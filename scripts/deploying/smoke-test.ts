/** Chats on what was just deployed: the short run of the conformance suite. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StageSettings } from '../../infra/config.ts';
import type { Addresses } from './outputs.ts';

const suite = join(import.meta.dirname, '../conformance.ts');

/** @param accounts `name:password` of users to do it with; where there are none it registers its own */
export async function smokeTest(
  { http, webSocket }: Addresses,
  { stage, registration }: StageSettings,
  accounts: string[],
): Promise<void> {
  const options = ['--url', http, '--ws', webSocket.replace(/\/$/, ''), '--smoke'];
  if (registration === 'closed' && accounts.length === 0) {
    console.log(
      'Not tried by chatting: registration is closed. Name two users to do it with: --account name:password --account …',
    );
    return;
  }
  const given = accounts.flatMap((account) => ['--account', account]);
  const child = spawn(process.execPath, [suite, ...options, ...given], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) {
    throw new Error(
      `Stage ${stage} is deployed, but does not do all that it should: see above. docs/operations.md says where to look; ` +
        'docs/deploying.md, under "Upgrading", how to go back.',
    );
  }
}
