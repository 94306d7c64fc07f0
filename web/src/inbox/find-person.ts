import type { ParleyClient, Profile, PublicProfile } from '@parley/client';
import { reasonInWords } from '../text/error-words.ts';

export type Found = { person: PublicProfile; explain(error: unknown): string } | { problem: string };

/** Somebody else by username, or why not, in words that fit under the input. */
export async function findPerson(client: ParleyClient, me: Profile, typed: string): Promise<Found> {
  const username = typed.trim().replace(/^@/, '').toLowerCase();
  if (username === me.username) return { problem: 'That is you.' };
  // What can be no username is no question for the server.
  if (!/^[a-z0-9_.-]{3,32}$/.test(username)) return { problem: `Nobody here is called “${typed.trim()}”.` };
  try {
    const person = await client.findUser(username);
    return person === undefined ? { problem: `Nobody here is called “${username}”.` } : { person, explain };
  } catch (error) {
    return { problem: explain(error) };
  }
}

function explain(error: unknown): string {
  const reason = reasonInWords(error);
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}
