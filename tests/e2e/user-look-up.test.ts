import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PublicProfile } from '../../shared/protocol/entities.ts';
import type { Query } from '../support/api-client.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

type Users = { users: PublicProfile[] };

let parley: Parley;
let alice: Person;
let bob: Person;
let carol: Person;
let stranger: Person;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  carol = await parley.register('carol');
  stranger = await parley.register('stranger');
  await alice.dm(bob);
  await carol.group('Gardening', alice);
});
afterAll(() => parley?.close());

const publicProfile = ({ user: { userId, username, displayName } }: Person) => ({
  userId,
  username,
  displayName,
});
const users = (query: Query) => alice.api.get<Users>('/users', query);

describe('by username', () => {
  test('finds exactly that user, in whatever case the name is written', async () => {
    for (const username of ['stranger', 'Stranger']) {
      const answer = await users({ username });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ users: [publicProfile(stranger)] });
    }
  });

  test('finds nobody where there is none', async () => {
    for (const username of ['strange', 'strangers', 'nobody']) {
      const answer = await users({ username });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ users: [] });
    }
  });
});

describe('by ids', () => {
  const byIds = async (ids: string[]) => {
    const answer = await users({ ids: ids.join(',') });
    expect(answer.status).toBe(200);
    return answer.body.users.toSorted((a, b) => (a.username < b.username ? -1 : 1));
  };

  test('shows those with whom one shares a conversation and leaves the others out', async () => {
    expect(await byIds([stranger.id, carol.id, 'usr_nobody', bob.id])).toEqual([
      publicProfile(bob),
      publicProfile(carol),
    ]);
    expect(await byIds([stranger.id])).toEqual([]);
  });

  test('names each but once', async () => {
    expect(await byIds([bob.id, bob.id])).toEqual([publicProfile(bob)]);
  });

  test('takes up to 100', async () => {
    const others = Array.from({ length: 99 }, (_, index) => `usr_nobody${index}`);
    expect(await byIds([...others, bob.id])).toEqual([publicProfile(bob)]);
    expectProblem(await users({ ids: [...others, bob.id, carol.id].join(',') }), 'BAD_REQUEST');
  });

  test('takes at most ten AWS calls for a hundred', async () => {
    await byIds(Array.from({ length: 100 }, (_, index) => `usr_nobody${index}`));
    const invocation = parley.invocations.findLast(({ functionName }) =>
      functionName.startsWith('HttpUsers'),
    );
    const calls = Object.values(invocation?.awsCalls ?? {});
    expect(calls.reduce((sum, count) => sum + count, 0)).toSatisfy((sum: number) => sum > 0 && sum <= 10);
  });

  test('looks into the conversations that are named, one for all or one for each', async () => {
    const group = await carol.group('Walking', alice);
    const named = async (ids: string[], conversationIds: string[]) => {
      const query = { ids: ids.join(','), conversationIds: conversationIds.join(',') };
      const answer = await users(query);
      return answer.status === 200 ? answer.body.users.map(({ username }) => username) : answer.status;
    };
    expect(await named([carol.id, stranger.id], [group])).toEqual(['carol']);
    expect(await named([carol.id, bob.id], [group, 'cnv_none'])).toEqual(['carol', 'bob']);
    expect(await named([carol.id, bob.id, stranger.id], [group, group])).toBe(400);
    const foreign = await stranger.group('Private');
    expect(await named([stranger.id], [foreign])).toEqual([]);
  });
});

test.each([
  ['nothing', ''],
  ['both', 'username=bob&ids=usr_a'],
  ['no ids', 'ids='],
  ['an empty id', 'ids=usr_a,,usr_b'],
  ['an id that cannot be one', 'ids=usr%20a'],
  ['a username that cannot be one', 'username=b'],
  ['a repeated parameter', 'username=bob&username=carol'],
  ['an unknown parameter', 'username=bob&limit=1'],
])('asking for %s is refused', async (_, query) => {
  expectProblem(await users(new URLSearchParams(query)), 'BAD_REQUEST');
});
