/** The client against the limits that close the socket of one that does not wait. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ConnectionState, ParleyClient } from '../../client/src/index.ts';
import { stageSettings } from '../../infra/stages.ts';
import { Parley } from '../support/parley.ts';

const rateLimits = {
  ...stageSettings('local').rateLimits,
  messages: { perSecond: 2, burst: 5 },
  // Never filled again: all that a client is refused here, at the very most.
  refusals: { perSecond: 0.001, burst: 8 },
};

let parley: Parley;
beforeAll(async () => {
  parley = await Parley.start({ environment: { RATE_LIMIT_SETTINGS: JSON.stringify(rateLimits) } });
});
afterAll(() => parley?.close());

test('a backlog in several conversations is sent without losing the socket', async () => {
  const person = await parley.register('ann');
  const client = new ParleyClient({
    url: parley.runtime.url,
    token: person.token,
    userId: person.id,
    webSocketUrl: parley.runtime.webSocketUrl,
  });
  const states: ConnectionState[] = [];
  client.on('state', ({ state }) => states.push(state));
  try {
    const ids: string[] = [];
    for (const title of ['One', 'Two', 'Three', 'Four', 'Five']) ids.push(await person.group(title));
    const queued = ids.flatMap((id) => ['a', 'b'].map((content) => client.conversation(id).send(content)));
    await client.connect();
    await Promise.all(queued.map((message) => message.whenStored()));
    expect(states.filter((state) => state === 'online')).toHaveLength(1);
    expect(states.at(-1)).toBe('online');
    // It was too much for the rate, so this was no idle test.
    expect(parley.logLines.some((line) => line.includes('"outcome":"RATE_LIMITED"'))).toBe(true);
  } finally {
    await client.close();
  }
});
