import { expect, test } from 'vitest';
import type { Connection, ConnectionRegistry, Sighting } from '../stores/presence-store.ts';
import { OnlineStatuses } from './online-status.ts';

const now = Date.parse('2026-11-24T10:00:00.000Z');
const minute = 60_000;

const connection = (openMinutes: number, silentMinutes: number): Connection => ({
  userId: 'bob',
  connectionId: `${openMinutes}/${silentMinutes}`,
  connectedAt: now - openMinutes * minute,
  lastSeenAt: now - silentMinutes * minute,
});

async function statusOf(...connections: Connection[]) {
  const sighting: Sighting = { userId: 'bob', connections, lastSeenAt: now - minute };
  // The only method that is asked.
  const registry = {
    sightingsOf: async () => [sighting],
  } as Partial<ConnectionRegistry> as ConnectionRegistry;
  const [bob] = await new OnlineStatuses(registry, () => now).of(['bob']);
  return bob;
}

const lastSeenAt = '2026-11-24T09:59:00.000Z';

test.each([
  ['no connection', [], 'offline'],
  ['one that just opened', [connection(0, 0)], 'online'],
  ['one that was silent for as long as API Gateway lets it be', [connection(60, 10)], 'online'],
  ['one that was silent for longer', [connection(60, 11)], 'offline'],
  ['one that is older than they get', [connection(121, 3)], 'offline'],
  ['one that has gone, and one that has not', [connection(60, 30), connection(30, 1)], 'online'],
])('who has %s', async (_, connections, status) => {
  expect(await statusOf(...connections)).toEqual({ userId: 'bob', status, lastSeenAt });
});

test('of whom nothing is known, nothing is said but that they are not here', async () => {
  const registry = { sightingsOf: async () => [] } as Partial<ConnectionRegistry> as ConnectionRegistry; // As above.
  expect(await new OnlineStatuses(registry, () => now).of(['carol', 'dave'])).toEqual([
    { userId: 'carol', status: 'offline', lastSeenAt: null },
    { userId: 'dave', status: 'offline', lastSeenAt: null },
  ]);
});
