/** `npm run conformance` against the embedded runtime, each requirement a test. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cast } from '../../scripts/conformance/cast.ts';
import { requirements } from '../../scripts/conformance/requirements.ts';
import { tryRequirement } from '../../scripts/conformance/run.ts';
import { Parley } from '../support/parley.ts';

/** What README.md says is not there yet. Whatever comes is taken out here, and so can never go again. */
const notYet = ['erasure'];

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
  test.each(parts.map((part) => [part.id, part] as const))('%s', async (id, requirement) => {
    const { status, reason } = await tryRequirement(requirement, cast);
    expect({ status, reason }).toEqual(
      notYet.includes(id)
        ? { status: 'missing', reason: expect.any(String) }
        : { status: 'passed', reason: undefined },
    );
  });
});

test('a run leaves no group behind', async () => {
  const people = await cast.people('alice', 'bob', 'carol');
  await cast.leave();
  for (const { api } of people) {
    const { body } = await api.get('/conversations?limit=100');
    expect(body).toMatchObject({ nextCursor: null });
    expect(JSON.stringify(body)).not.toContain('GROUP');
  }
});
