import { shuffled } from './seeded-random.ts';

/** So many groups of that many members. */
export type GroupSpec = { count: number; size: number };

/** Users are numbers from 0; the first member creates the conversation. */
export type PlannedConversation = { type: 'DM' | 'GROUP'; members: number[] };

/** Who talks with whom: groups are dealt from a shuffled deck of users, so that everybody is in about as many. */
export function planConversations(
  users: number,
  groups: readonly GroupSpec[],
  directs: number,
  random: () => number,
): PlannedConversation[] {
  const planned: PlannedConversation[] = [];
  const everyone = Array.from({ length: users }, (_, user) => user);
  let deck: number[] = [];
  for (const { count, size } of groups) {
    for (let group = 0; group < count; group += 1) {
      const members = new Set<number>();
      while (members.size < size) {
        if (deck.length === 0) deck = shuffled(everyone, random);
        // A user who is in already waits in the deck for the next group.
        const next = deck.findIndex((user) => !members.has(user));
        if (next < 0) deck = [...deck, ...shuffled(everyone, random)];
        else for (const user of deck.splice(next, 1)) members.add(user);
      }
      planned.push({ type: 'GROUP', members: [...members] });
    }
  }
  for (const members of pairs(users, directs)) planned.push({ type: 'DM', members });
  return planned;
}

/** Neighbours first, so that a few pairs reach everybody; then those two apart, and so on. */
function* pairs(users: number, count: number): Generator<number[]> {
  let left = count;
  for (let distance = 1; distance < users; distance += 1) {
    const firsts = Array.from({ length: users - distance }, (_, first) => first);
    // 0 with 1, 2 with 3 … before 1 with 2, 3 with 4 …
    const inTurn = [
      ...firsts.filter((first) => first % 2 === 0),
      ...firsts.filter((first) => first % 2 === 1),
    ];
    for (const first of inTurn) {
      if (left === 0) return;
      left -= 1;
      yield [first, first + distance];
    }
  }
}
