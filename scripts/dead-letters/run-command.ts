import { confirm } from '../deploying/confirm.ts';
import { findDeployment } from '../deployment/find-deployment.ts';
import { deadLetterPlaces } from './all-places.ts';
import type { DlqCommand } from './dlq-command.ts';
import { listDeadLetters, showDeadLetters, workThrough } from './work-through.ts';

/** How long messages stay hidden if this program dies: long enough to look at, or to put back, as many as it may take. */
const hideSeconds = { look: 60, act: 600 };

/** Answers the exit code. */
export async function runDlqCommand(command: DlqCommand, say: (line: string) => void): Promise<number> {
  const deployment = await findDeployment(command);
  const looksOnly = command.action === 'list' || command.action === 'show' || command.dryRun;
  const { places, close } = deadLetterPlaces(deployment, looksOnly ? hideSeconds.look : hideSeconds.act);
  try {
    if (command.action === 'list') return await listDeadLetters(places, command.limit, say);
    if (command.action === 'show') return await showDeadLetters(places, command, say);
    if (command.action === 'discard' && !command.dryRun && !command.yes) {
      const what = command.ids === 'all' ? 'ALL dead letters' : `${command.ids.length} of the dead letters`;
      await confirm({
        text: `Delete ${what} of ${deployment.description}, and what was said in them, for ever? Type "discard": `,
        answer: 'discard',
      });
    }
    return await workThrough(places, { ...command, action: command.action }, say);
  } finally {
    // Whatever was only looked at is there for others again at once.
    await Promise.all(places.map((place) => place.release()));
    close();
  }
}
