import { setTimeout } from 'node:timers/promises';
import pMap from 'p-map';
import { ParleyClient, ParleyError, type SignedIn } from '../../client/src/index.ts';
import { insist } from './insist.ts';
import { Person, type Target } from './person.ts';
import type { PlannedConversation } from './population.ts';

export type Talk = {
  conversationId: string;
  members: Person[];
  /** `lastSeq` before the run. */
  base: number;
};

export type Crowd = { people: Person[]; talks: Talk[] };

type Making = Target & { signal: AbortSignal; say: (line: string) => void };

/** Calls under way at once while users and conversations are made. */
const concurrency = 8;
const membersPerCall = 100;

/** Signs the users in, those that do not exist yet for the first time, and makes their conversations. */
export async function gather(
  options: { users: number; name: string; password: string; planned: PlannedConversation[] },
  making: Making,
): Promise<Crowd> {
  const { users, name, password, planned } = options;
  const numbers = Array.from({ length: users }, (_, number) => number);
  const people = await pMap(
    numbers,
    async (number) => {
      const { user, token, expiresAt } = await signIn(`${name}-${number}`, password, making);
      return new Person(user.userId, { token, expiresAt }, making);
    },
    { concurrency },
  );
  const talks = await pMap(
    planned,
    (conversation, index) => makeTalk(conversation, `${name} ${index}`, people, making.signal),
    { concurrency },
  );
  return { people, talks };
}

async function signIn(username: string, password: string, { url, signal, say }: Making): Promise<SignedIn> {
  const onLongWait = (waitMs: number) =>
    say(`Signing ${username} in is limited: going on in ${Math.ceil(waitMs / 1000)} s`);
  try {
    return await insist(() => ParleyClient.register({ url, username, password }), { signal, onLongWait });
  } catch (error) {
    // Of an earlier run, or of a registration whose answer was lost.
    if (!(error instanceof ParleyError && error.code === 'CONFLICT')) throw error;
    return insist(() => ParleyClient.login({ url, username, password }), { signal, onLongWait });
  }
}

async function makeTalk(
  { type, members: numbers }: PlannedConversation,
  title: string,
  people: readonly Person[],
  signal: AbortSignal,
): Promise<Talk> {
  const members = numbers.flatMap((number) => people[number] ?? []);
  const [creator, ...others] = members;
  const [other] = others;
  if (creator === undefined || other === undefined)
    throw new Error('A conversation has two members at least');
  const { client } = creator;
  const ids = others.map(({ userId }) => userId);
  const createId = crypto.randomUUID();
  const conversation = await insist(
    () =>
      type === 'DM'
        ? client.createDm(other.userId)
        : client.createGroup({ title, memberIds: ids.slice(0, membersPerCall), createId }),
    { signal },
  );
  for (let from = membersPerCall; type === 'GROUP' && from < ids.length; from += membersPerCall) {
    await insist(() => conversation.addMembers(ids.slice(from, from + membersPerCall)), { signal });
  }
  return { conversationId: conversation.id, members, base: conversation.info?.lastSeq ?? 0 };
}

/** Connects everybody, so many a second, and resolves when all have caught up. */
export async function connectAll(
  people: readonly Person[],
  perSecond: number,
  signal: AbortSignal,
): Promise<void> {
  const connecting: Promise<void>[] = [];
  const start = performance.now();
  for (const [index, { client }] of people.entries()) {
    const wait = start + (index * 1000) / perSecond - performance.now();
    if (wait > 0) await setTimeout(wait, undefined, { signal });
    connecting.push(client.connect());
  }
  await Promise.race([Promise.all(connecting), aborted(signal)]);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
