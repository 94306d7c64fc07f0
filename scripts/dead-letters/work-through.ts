import { UsageError } from '../load/option-values.ts';
import type { DeadLetter, DeadLetterPlace } from './dead-letter.ts';
import { lineOf, pageOf } from './describe.ts';

type Say = (line: string) => void;
type Chosen = { ids: string[] | 'all'; limit: number };

/** Each answers the exit code: 0 where all was done. */
export async function listDeadLetters(places: DeadLetterPlace[], limit: number, say: Say): Promise<number> {
  let listed = 0;
  let there = 0;
  for (const place of places) {
    const letters = await place.list(limit);
    for (const letter of letters.sort(byPosition)) say(lineOf(letter));
    listed += letters.length;
    there += Math.max(letters.length, await place.count());
  }
  say(listed === 0 ? 'No dead letters.' : `${listed} ${listed === 1 ? 'dead letter' : 'dead letters'}.`);
  if (there > listed) {
    say(
      `About ${there - listed} more are beyond --limit, in somebody else's hands, or behind others of their slice of a group.`,
    );
  }
  return 0;
}

export async function showDeadLetters(
  places: DeadLetterPlace[],
  chosen: Chosen & { content: boolean },
  say: Say,
): Promise<number> {
  const letters = await collect(places, chosen);
  for (const [index, letter] of letters.entries()) {
    if (index > 0) say('');
    say(pageOf(letter, await letter.contents(), chosen.content));
  }
  return 0;
}

/**
 * Redrives or discards, in the order in which the records were in the stream, so that what was given up of one
 * conversation is stored in the order in which it was sent.
 */
export async function workThrough(
  places: DeadLetterPlace[],
  chosen: Chosen & { action: 'redrive' | 'discard'; dryRun: boolean },
  say: Say,
): Promise<number> {
  const { action, dryRun, ids } = chosen;
  const failed: DeadLetter[] = [];
  let done = 0;
  for (;;) {
    const letters = await collect(places, chosen);
    const before = done;
    for (const letter of letters) {
      if (dryRun) {
        say(`would ${action}  ${lineOf(letter)}`);
        continue;
      }
      try {
        // Deleted only once it is durable elsewhere: a crash in between leaves it in both places, which does no harm.
        if (action === 'redrive') await letter.putBack();
        await letter.remove();
        done += 1;
        say(`${action === 'redrive' ? 'redriven' : 'discarded'}  ${lineOf(letter)}`);
      } catch (error) {
        failed.push(letter);
        say(`FAILED, and kept: ${letter.id}: ${error instanceof Error ? error.message : error}`);
      }
    }
    // Further ones may have come into sight behind these.
    if (dryRun || ids !== 'all' || done === before) break;
  }
  if (!dryRun) {
    say(`${done} ${action === 'redrive' ? 'redriven' : 'discarded'}, ${failed.length} failed.`);
    if (action === 'redrive' && done > 0) {
      say('What cannot be processed this time either becomes a dead letter again: `npm run dlq -- list`.');
    }
  }
  return failed.length === 0 ? 0 : 1;
}

/** In the order of the stream, whatever the order of the ids. Throws `UsageError` where an id names nothing. */
async function collect(places: DeadLetterPlace[], { ids, limit }: Chosen): Promise<DeadLetter[]> {
  const letters = (await Promise.all(places.map((place) => place.list(limit)))).flat().sort(byPosition);
  if (ids === 'all') return letters;
  for (const id of ids) {
    const count = letters.filter((one) => one.id === id).length;
    if (count === 0) throw new UsageError(`No dead letter ${id} is to be seen.`);
    if (count > 1) throw new UsageError(`${count} dead letters share the id ${id}: use --all.`);
  }
  return letters.filter(({ id }) => ids.includes(id));
}

function byPosition(one: DeadLetter, other: DeadLetter): number {
  return one.position < other.position ? -1 : Number(one.position > other.position);
}
