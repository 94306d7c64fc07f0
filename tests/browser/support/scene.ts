import type { Person } from '../../support/person.ts';
import type { WebParley } from './web-parley.ts';

/** A small team with something to talk about, for looking at every view. */
export type Scene = {
  parley: WebParley;
  /** Whose screen is looked at. */
  alice: Person;
  bob: Person;
  /** Has no conversation yet. */
  newcomer: Person;
  direct: string;
  group: string;
  /** Had a conversation with somebody who erased their account since. */
  oskar: Person;
  withErased: string;
};

export async function setScene(parley: WebParley): Promise<Scene> {
  const names = {
    alice: 'Alice Moreau',
    bob: 'Bob Okafor',
    carol: 'Carol Lindqvist',
    dan: 'Dan Ito',
    newcomer: 'Nia Novak',
    oskar: 'Oskar Berg',
    petra: 'Petra Sand',
  };
  const register = (username: keyof typeof names) => parley.register(username, names[username]);
  const alice = await register('alice');
  const bob = await register('bob');
  const carol = await register('carol');
  const dan = await register('dan');
  const newcomer = await register('newcomer');

  const say = async (conversationId: string, ...lines: [from: Person, text: string][]) => {
    await parley.accept(
      conversationId,
      lines.map(([from, text]) => ({ from, text })),
    );
    await parley.untilStored(alice, conversationId, lines.length);
  };
  const release = await alice.group('Release 2.4', bob, carol, dan);
  await say(
    release,
    [dan, 'The migration ran on staging, no errors.'],
    [carol, 'Then I tag it tomorrow morning.'],
    [bob, 'Changelog is in review.'],
  );
  const withDan = await alice.dm(dan);
  await say(withDan, [dan, 'Could you look at the invoice template when you have a minute?']);
  await alice.api.patch(`/conversations/${withDan}/settings`, { mutedUntil: '9999-12-31T23:59:59.000Z' });

  const group = await alice.group('Weekend hike', bob, carol);
  await say(
    group,
    [alice, 'Who joins on Saturday?'],
    [carol, 'I do, if we start after nine.'],
    [carol, 'The first train is at 8:12.'],
    [bob, 'Wrong window, sorry.'],
    [bob, 'Count me in. I bring the stove, somebody else the coffee.'],
    [alice, 'Coffee is mine.'],
    [alice, 'The route: https://example.com/routes/lake-circuit (14 km, 600 m up)'],
    [carol, 'Lovely. Rain is forecast for the afternoon, so let us be at the hut by two.'],
  );
  await parley.change(group, bob, 4, { type: 'delete' });
  await parley.change(group, carol, 3, {
    type: 'edit',
    content: 'The first train is at 8:12, the next one at 9:12.',
  });
  for (const [person, emoji] of [
    [bob, '❤️'],
    [carol, '❤️'],
    [carol, '☕'],
  ] as const)
    await parley.change(group, person, 6, { type: 'react', emoji, op: 'add' });
  await Promise.all([bob, carol].map((one) => one.api.put(`/conversations/${group}/read`, { seq: 7 })));
  await alice.api.put(`/conversations/${group}/read`, { seq: 8 });
  await alice.api.patch(`/conversations/${group}/settings`, { pinned: true });

  const direct = await alice.dm(bob);
  await say(
    direct,
    [bob, 'Morning! Did the demo go well?'],
    [
      alice,
      'Better than I hoped. They asked how many messages a second it takes, and whether anything gets lost when a server goes down.',
    ],
    [alice, 'So I pulled the plug while they were typing.'],
    [bob, 'You did not.'],
    [alice, 'Nothing lost, nothing twice.'],
    [bob, 'I would have paid to see their faces.'],
    [bob, 'Lunch to celebrate? The place around the corner has the lentil soup again.'],
  );
  for (const [person, seq, emoji] of [
    [bob, 3, '😂'],
    [alice, 4, '😂'],
    [bob, 5, '👏'],
  ] as const)
    await parley.change(direct, person, seq, { type: 'react', emoji, op: 'add' });
  await bob.api.put(`/conversations/${direct}/read`, { seq: 5 });
  await alice.api.put(`/conversations/${direct}/read`, { seq: 5 });
  const oskar = await register('oskar');
  const petra = await register('petra');
  const withErased = await oskar.dm(petra);
  await parley.accept(withErased, [
    { from: petra, text: 'Moving on, keep well!' },
    { from: oskar, text: 'All the best, Petra.' },
  ]);
  await parley.untilStored(oskar, withErased, 2);
  await petra.erase();
  return { parley, alice, bob, newcomer, direct, group, oskar, withErased };
}
