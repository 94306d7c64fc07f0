import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation } from '../../shared/protocol/entities.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

let parley: Parley;
let alice: Person;
let bob: Person;
let carol: Person;
let aliceSocket: ChatSocket;
let bobSocket: ChatSocket;
let bobTablet: ChatSocket;
let carolSocket: ChatSocket;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  carol = await parley.register('carol');
  [aliceSocket, bobSocket, bobTablet, carolSocket] = await Promise.all([
    alice.connect(),
    bob.connect(),
    bob.connect(),
    carol.connect(),
  ]);
});
afterAll(() => parley?.close());

describe.each([
  ['was removed by an admin', () => alice],
  ['left', () => bob],
])('a member who %s', (_, byWhom) => {
  let id: string;

  beforeAll(async () => {
    id = await alice.group('For a while', bob, carol);
    const messageId = await aliceSocket.say(id, 'All are here');
    await Promise.all([bobSocket, bobTablet, carolSocket].map((socket) => socket.message(messageId)));
    expect((await byWhom().api.delete(`/conversations/${id}/members/${bob.id}`)).status).toBe(204);
  });

  test('is told on every device', async () => {
    for (const socket of [bobSocket, bobTablet]) {
      expect(await socket.next('conversationRemoved')).toEqual({
        type: 'conversationRemoved',
        conversationId: id,
      });
    }
  });

  test('leaves the others with one member less', async () => {
    for (const socket of [aliceSocket, carolSocket]) {
      const event = await socket.next('conversationChanged', (one) => one.conversationId === id);
      expect(event).toMatchObject({ title: 'For a while', memberCount: 2 });
    }
  });

  test('receives nothing more of it', async () => {
    const messageId = await aliceSocket.say(id, 'Bob has gone');
    await carolSocket.message(messageId);
    // A later message to Bob that does come, on both devices.
    const elsewhere = await aliceSocket.say(await alice.dm(bob), 'Between us');
    for (const socket of [bobSocket, bobTablet]) {
      await socket.message(elsewhere);
      expect(socket.messages(id).map((message) => message.content)).toEqual(['All are here']);
    }
  });

  test('sees neither it nor its messages', async () => {
    expectProblem(await bob.api.get(`/conversations/${id}`), 'NOT_FOUND');
    expectProblem(await bob.api.get('/messages', { conversationId: id }), 'NOT_FOUND');
    const inbox = await bob.api.get<{ items: Conversation[] }>('/conversations');
    expect(inbox.body.items.map((item) => item.conversationId)).not.toContain(id);
    const sync = await bobSocket.request(
      { action: 'sync', conversations: [{ conversationId: id, afterSeq: 0 }] },
      'sync',
    );
    expect(sync.conversations).toEqual([{ conversationId: id, code: 'NOT_FOUND' }]);
  });

  test('can send nothing to it', async () => {
    const frame = {
      action: 'sendMessage',
      conversationId: id,
      messageId: 'too-late',
      content: 'Still here?',
    };
    expect(await bobSocket.request(frame, 'error')).toMatchObject({ code: 'NOT_FOUND' });
    const { action: _, ...body } = frame;
    expectProblem(await bob.api.post('/messages', body), 'NOT_FOUND');
    const { body: page } = await alice.api.get<{ items: { content: string }[] }>('/messages', {
      conversationId: id,
    });
    expect(page.items.map((message) => message.content)).toEqual(['All are here', 'Bob has gone']);
  });
});
