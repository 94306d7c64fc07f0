import { setTimeout } from 'node:timers/promises';
import type { Crowd, Talk } from './crowd.ts';
import type { Person } from './person.ts';
import { shuffled } from './seeded-random.ts';

export type Line = { person: Person; talk: Talk; content: string };

const words =
  'so we could meet at noon by the river and walk over to the old market hall before it closes'.split(' ');

/** Who says what, for ever: everybody in turn, in an order that changes each round, in one of their conversations. */
export function* conversation({ people, talks }: Crowd, random: () => number): Generator<Line, never> {
  const talksOf = new Map<Person, Talk[]>();
  for (const talk of talks)
    for (const member of talk.members) talksOf.set(member, [...(talksOf.get(member) ?? []), talk]);
  const speakers = people.filter((person) => talksOf.has(person));
  for (let number = 1; ; ) {
    for (const person of shuffled(speakers, random)) {
      const own = talksOf.get(person) ?? [];
      const talk = own[Math.floor(random() * own.length)];
      if (talk === undefined) throw new Error('Nobody can talk');
      const length = 1 + Math.floor(random() * words.length);
      yield { person, talk, content: `${number} ${words.slice(0, length).join(' ')}` };
      number += 1;
    }
  }
}

/**
 * Says `perSecond` lines, evenly spaced, for that long, for as long as `goesOn` after that, or until the signal is raised. Each line is given the time for which
 * it was planned: a process that falls behind must not hide it.
 */
export async function speak(
  lines: Iterator<Line, never>,
  { perSecond, durationMs, goesOn }: { perSecond: number; durationMs: number; goesOn: () => boolean },
  signal: AbortSignal,
  say: (line: Line, plannedAt: number) => void,
): Promise<void> {
  const start = performance.now();
  const total = Math.max(1, Math.floor((perSecond * durationMs) / 1000));
  for (let number = 0; number < total || goesOn(); number += 1) {
    const plannedAt = start + (number * 1000) / perSecond;
    const wait = plannedAt - performance.now();
    if (wait > 0) await setTimeout(wait, undefined, { signal }).catch(() => undefined); // Looked at next.
    if (signal.aborted) return;
    say(lines.next().value, plannedAt);
  }
}
