import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { WebParley } from './support/web-parley.ts';

let parley: WebParley;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  parley = await WebParley.start();
  [alice, bob] = await Promise.all([parley.register('alice'), parley.register('bob')]);
});
afterEach(async () => {
  await parley?.closeDevices();
  expect(parley.faults).toEqual([]);
});
afterAll(() => parley?.close());

test('three messages written offline arrive once each, in order, when the network is back', async () => {
  const conversationId = await alice.dm(bob);
  const hash = `#/c/${conversationId}`;
  const hers = await parley.device(alice, { hash });
  const his = await parley.device(bob, { hash });
  await hers.send('Still online');
  await his.seesMessage('Still online');

  await hers.page.context().setOffline(true);
  await hers.page.getByText('You are offline.').waitFor();
  for (const text of ['One', 'Two', 'Three']) await hers.send(text);
  await hers.message('Three').getByTitle('Waiting to be sent').waitFor();
  expect(await his.texts()).toEqual(['Still online']);

  await hers.page.context().setOffline(false);
  await his.seesMessage('Three');
  await hers.page.getByText('You are offline.').waitFor({ state: 'detached' });
  await hers.message('Three').getByTitle('Read').waitFor();
  const expected = ['Still online', 'One', 'Two', 'Three'];
  expect(await his.texts()).toEqual(expected);
  expect(await hers.texts()).toEqual(expected);
});

test('what is written offline outlives the page', async () => {
  const carol = await parley.register('carol');
  const hash = `#/c/${await carol.dm(bob)}`;
  const hers = await parley.device(carol, { hash });
  await hers.composer.waitFor();
  await hers.page.context().setOffline(true);
  await hers.send('Written on the train');
  await hers.message('Written on the train').getByTitle('Waiting to be sent').waitFor();
  const later = await hers.page.context().newPage();
  await hers.page.close();
  await hers.page.context().setOffline(false);
  await later.goto(`${parley.url}/${hash}`);
  const his = await parley.device(bob, { hash });
  await his.seesMessage('Written on the train');
});

test('a page stays usable while Parley restarts under it', async () => {
  const conversationId = await alice.dm(bob);
  const hash = `#/c/${conversationId}`;
  const hers = await parley.device(alice, { hash });
  const his = await parley.device(bob, { hash });
  await hers.send('Before the restart');
  await his.seesMessage('Before the restart');

  await parley.stop();
  await hers.page.getByText('Connecting…').waitFor();
  await hers.send('During the restart');
  await hers.message('During the restart').getByTitle('Waiting to be sent').waitFor();
  await parley.startAgain();
  await his.seesMessage('During the restart');
  await his.send('After the restart');
  await hers.seesMessage('After the restart');
  await hers.page.getByText('Connecting…').waitFor({ state: 'detached' });
});

test('a refused message says why, and can be tried again or discarded', async () => {
  const dave = await parley.register('dave');
  const hash = `#/c/${await dave.dm(bob)}`;
  let refuses = true;
  const his = await parley.device(dave, {
    hash,
    before: (page) =>
      page.routeWebSocket(/\/connect$/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((text) => {
          const { action, messageId, requestId } = JSON.parse(String(text));
          if (action !== 'sendMessage' || !refuses) return server.send(text);
          const error = {
            type: 'error',
            code: 'FORBIDDEN',
            message: 'Not here.',
            action,
            messageId,
            requestId,
          };
          socket.send(JSON.stringify(error));
        });
      }),
  });
  await his.send('First try');
  await his.send('Never mind');
  const first = his.message('First try');
  await first.getByText('Not sent: you are not allowed to.').waitFor();
  const second = his.message('Never mind');
  await second.getByRole('button', { name: 'Discard' }).click();
  await second.waitFor({ state: 'detached' });
  refuses = false;
  await first.getByRole('button', { name: 'Try again' }).click();
  await first.getByTitle('Sent').waitFor();
  expect(await his.texts()).toEqual(['First try']);
});

test('somebody removed while offline is told when back', async () => {
  const erin = await parley.register('erin');
  const groupId = await alice.group('Short-lived', erin);
  const hers = await parley.device(erin, { hash: `#/c/${groupId}` });
  await hers.composer.waitFor();
  await hers.page.context().setOffline(true);
  await hers.page.getByText('You are offline.').waitFor();
  await hers.send('Too late');
  await alice.api.delete(`/conversations/${groupId}/members/${erin.id}`);
  await hers.page.context().setOffline(false);
  await hers.page.getByText('You are no longer in this conversation.').waitFor();
  expect(await hers.row('Short-lived').count()).toBe(0);
});
