/** Parley is killed and started again under two clients that chat: every message is stored once, and seen once by each. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ParleyClient } from '../../client/src/index.ts';
import { happening } from './support/happening.ts';
import { MortalParley } from './support/mortal-parley.ts';

let parley: MortalParley;
const clients: ParleyClient[] = [];

beforeAll(async () => {
  parley = await MortalParley.start();
});
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));
afterAll(() => parley.remove());

async function person(username: string): Promise<{ client: ParleyClient; userId: string }> {
  const { url } = parley;
  const { token, user } = await ParleyClient.register({ url, username, password: 'correct horse battery' });
  const client = new ParleyClient({ url, token, userId: user.userId });
  clients.push(client);
  await client.connect();
  return { client, userId: user.userId };
}

test('messages survive two kills, once each and in order', { timeout: 120_000 }, async () => {
  const [ann, ben] = [await person('ann'), await person('ben')];
  const conversation = await ann.client.createDm(ben.userId);
  const heard = { ann: [] as number[], ben: [] as number[] };
  ann.client.on('message', ({ seq }) => heard.ann.push(seq));
  ben.client.on('message', ({ seq }) => heard.ben.push(seq));
  const sent = { ann: [] as string[], ben: [] as string[] };
  const say = (who: 'ann' | 'ben', content: string) => {
    sent[who].push(content);
    return { ann, ben }[who].client.conversation(conversation.id).send(content);
  };

  for (let round = 1; round <= 2; round += 1) {
    const before = [1, 2, 3, 4, 5].flatMap((one) => [
      say('ann', `ann ${round} before ${one}`),
      say('ben', `ben ${round} before ${one}`),
    ]);
    // Some are stored, some acknowledged, some on their way, some not sent yet.
    await before[round]?.whenStored();
    const bothLost = Promise.all(
      [ann, ben].map(({ client }) => happening(client, 'state', ({ state }) => state === 'connecting')),
    );
    await parley.kill();
    await bothLost;
    say('ann', `ann ${round} meanwhile`);
    say('ben', `ben ${round} meanwhile`);
    await parley.startAgain();
    say('ann', `ann ${round} after`);
    say('ben', `ben ${round} after`);
    const unsettled = [...ann.client.outgoing, ...ben.client.outgoing];
    await Promise.all(unsettled.map((message) => message.whenStored()));
  }

  const timeline = conversation.timeline();
  while (timeline.hasOlder) await timeline.loadOlder();
  const total = sent.ann.length + sent.ben.length;
  expect(timeline.messages.map(({ seq }) => seq)).toEqual(
    Array.from({ length: total }, (_, index) => index + 1),
  );
  for (const [who, { userId }] of [['ann', ann] as const, ['ben', ben] as const]) {
    const own = timeline.messages.filter(({ senderId }) => senderId === userId);
    expect(own.map(({ content }) => content)).toEqual(sent[who]);
  }
  for (const who of ['ann', 'ben'] as const) {
    expect(heard[who]).toEqual(timeline.messages.map(({ seq }) => seq));
  }
});
