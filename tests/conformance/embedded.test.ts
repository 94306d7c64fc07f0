/** `npm run conformance` against the embedded runtime, each requirement a test. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cast } from '../../scripts/conformance/cast.ts';
import { requirements } from '../../scripts/conformance/requirements.ts';
import { tryRequirement } from '../../scripts/conformance/run.ts';
import { Parley } from '../support/parley.ts';

let parley: Parley;
let cast: Cast;

beforeAll(async () => {
  parley = await Parley.start();
  const { url, webSocketUrl } = parley.runtime;
  cast = new Cast({ url, webSocketUrl, deadlineMs: 15_000 });
});

afterAll(async () => {
  await cast?.leave();
  await parley?.close();
});

const sections = Object.entries(Object.groupBy(requirements, ({ section }) => section));
describe.each(sections)('%s', (_, parts = []) => {
  test.each(parts.map((part) => [part.id, part] as const))('%s', async (_id, requirement) => {
    const { status, reason } = await tryRequirement(requirement, cast);
    expect({ status, reason }).toEqual({ status: 'passed', reason: undefined });
  });
});

test('a run leaves nobody behind', async () => {
  const people = await cast.people('alice', 'bob', 'carol');
  await cast.leave();
  for (const { api } of people) expect((await api.get('/users/me')).status).toBe(401);
});

test('a run with users who were there before leaves them, and no group', async () => {
  const [alice, bob] = [await parley.register('alice'), await parley.register('bob')];
  const { url, webSocketUrl } = parley.runtime;
  const given = { tokens: [alice.token, bob.token], accounts: [] };
  const guests = new Cast({ url, webSocketUrl, deadlineMs: 15_000 }, given);
  await guests.sharedGroup();
  await guests.leave();
  for (const { api } of [alice, bob]) {
    expect((await api.get('/conversations')).body).toEqual({ items: [], nextCursor: null });
  }
});
