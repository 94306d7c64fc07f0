import { setTimeout } from 'node:timers/promises';
import type { Crowd, Talk } from './crowd.ts';
import type { Person } from './person.ts';
import { readConversations } from './stored-truth.ts';
import { differingCopies, problemsOf, wordsOf } from './verify-changes.ts';
import type { Watch } from './watch.ts';

/** A push may be late on a busy machine; after that it is taken for lost, and repaired as every reconnect does. */
const latePushMs = 10_000;
/** Between two looks at what the server has. */
const betweenLooksMs = 500;

/**
 * Until everything has come everywhere, or the time is over; then half of the users read all they have.
 * @returns how many users had to connect again for it
 */
export async function settle(url: string, crowd: Crowd, watch: Watch, settleMs: number): Promise<number> {
  const end = performance.now() + settleMs;
  for (const person of crowd.people) if (person.client.state !== 'online') person.look();
  const repaired = new Set<Person>();
  const repair = (people: Iterable<Person>) => {
    for (const person of people) {
      repaired.add(person);
      person.reconnect();
    }
  };
  await settleMessages(watch, end, repair);
  await settleChanges(url, crowd, watch, end, repair);
  await markAsRead(crowd, watch, end);
  return repaired.size;
}

type Repair = (people: Iterable<Person>) => void;

async function settleMessages(watch: Watch, end: number, repair: Repair): Promise<void> {
  const settled = () => watch.unsettled === 0 && watch.due === 0;
  while (!settled() && performance.now() < end) {
    const late = Math.min(end, performance.now() + latePushMs);
    while (!settled() && performance.now() < late) await setTimeout(50);
    // Its sender repeats what is not stored; only what others lack is repaired here.
    if (!settled() && watch.unsettled === 0) repair(watch.laggards());
  }
}

/** No client knows how many changes the others have made, so that the server has to be asked. */
async function settleChanges(
  url: string,
  crowd: Crowd,
  { changes, observation }: Watch,
  end: number,
  repair: Repair,
): Promise<void> {
  while ((changes.pending > 0 || performance.now() < changes.mayMoveUntil) && performance.now() < end)
    await setTimeout(50);
  changes.end();
  const byConversation = Map.groupBy(observation.changes, ({ conversationId }) => conversationId);
  const words = wordsOf(observation);
  let unsettled = crowd.talks.filter(({ conversationId }) => byConversation.has(conversationId));
  let repairAt = performance.now() + latePushMs;
  for (;;) {
    const left = Math.ceil(Math.max(0, end - performance.now()));
    const behind = new Set<Person>();
    const open = new Set<string>();
    for (const stored of await readConversations(url, unsettled, AbortSignal.timeout(left + latePushMs))) {
      const { conversationId } = stored;
      const isMade = problemsOf(stored, byConversation.get(conversationId) ?? [], words).flat().length === 0;
      const differing = differingCopies(observation, conversationId, stored).filter(({ problem }) => problem);
      if (!isMade || differing.length > 0) open.add(conversationId);
      if (!isMade) continue; // What is not stored yet is not told yet.
      const lacking = new Set(differing.map(({ userId }) => userId));
      for (const person of crowd.people) if (lacking.has(person.userId)) behind.add(person);
    }
    unsettled = unsettled.filter(({ conversationId }: Talk) => open.has(conversationId));
    if (unsettled.length === 0 || performance.now() >= end) return;
    if (performance.now() >= repairAt) {
      repair(behind);
      repairAt = performance.now() + latePushMs;
    }
    await setTimeout(betweenLooksMs);
  }
}

async function markAsRead(crowd: Crowd, watch: Watch, end: number): Promise<void> {
  const readers = crowd.people.filter((_, index) => index % 2 === 0);
  for (const person of readers) {
    for (const { conversationId } of person.client.conversations()) watch.markRead(person, conversationId);
  }
  const patience = new AbortController();
  const late = setTimeout(Math.max(latePushMs, end - performance.now()), undefined, patience);
  await Promise.race([watch.markersAreSet(), late]);
  patience.abort();
  await late.catch(() => undefined); // Only its timer was to go.
}
