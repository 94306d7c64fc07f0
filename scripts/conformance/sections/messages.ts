import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { answered, refused } from '../caller.ts';
import type { Cast, Person } from '../cast.ts';
import { Missing, must, section, smoke } from '../requirement.ts';
import { Accepted, MessagesPage } from '../shapes.ts';

const seqs = (page: { items: { seq: number }[] }) => page.items.map(({ seq }) => seq);

/** Seven messages of Alice's, made once for each run. */
const conversationsOfSeven = new WeakMap<Cast, Promise<{ reader: Person; conversationId: string }>>();
function seven(cast: Cast) {
  const known = conversationsOfSeven.get(cast) ?? makeSeven(cast);
  conversationsOfSeven.set(cast, known);
  return known;
}

async function makeSeven(cast: Cast) {
  const [alice, bob] = await cast.people('alice', 'bob');
  const conversationId = await cast.group(alice, bob);
  for (let count = 1; count <= 7; count += 1) await alice.say(conversationId, `number ${count}`);
  return { reader: bob, conversationId };
}

export const messages = section('§4 Messages', [
  must(
    'http.messages.after',
    'after lists what comes later, ascending; nextCursor is null at the end',
    async (cast) => {
      const { reader, conversationId } = await seven(cast);
      const page = (query: string) =>
        answered(reader.api.get(`/messages?conversationId=${conversationId}&${query}`), 200, MessagesPage);
      const first = await page('after=0&limit=3');
      deepEqual(seqs(first), [1, 2, 3]);
      const second = await page(`after=${first.nextCursor}&limit=3`);
      deepEqual(seqs(second), [4, 5, 6]);
      const last = await page(`after=${second.nextCursor}&limit=3`);
      deepEqual(seqs(last), [7]);
      equal(last.nextCursor, null);
      deepEqual(await page('after=7'), { items: [], nextCursor: null });
    },
  ),
  must(
    'http.messages.before',
    'before lists what comes just below, ascending; without either, the newest',
    async (cast) => {
      const { reader, conversationId } = await seven(cast);
      const page = (query: string) =>
        answered(reader.api.get(`/messages?conversationId=${conversationId}&${query}`), 200, MessagesPage);
      const newest = await page('limit=3');
      deepEqual(seqs(newest), [5, 6, 7]);
      const older = await page(`before=${newest.nextCursor}&limit=3`);
      deepEqual(seqs(older), [2, 3, 4]);
      const oldest = await page(`before=${older.nextCursor}&limit=3`);
      deepEqual(seqs(oldest), [1]);
      equal(oldest.nextCursor, null);
    },
  ),
  must('http.messages.changed-after', 'changedAfter lists changed messages by revision', async (cast) => {
    const { reader, conversationId } = await seven(cast);
    const page = async (query: string) => {
      const answer = await reader.api.get(`/messages?conversationId=${conversationId}&${query}`);
      if (answer.status === 400) throw new Missing('changedAfter is an unknown parameter');
      return answered(Promise.resolve(answer), 200, MessagesPage);
    };
    deepEqual(await page('changedAfter=0'), { items: [], nextCursor: null });
    const device = await reader.device();
    for (const [index, seq] of [5, 2].entries()) {
      await device.ask({ action: 'react', conversationId, seq, emoji: '👍', op: 'add' });
      await device.changed(conversationId, index + 1);
    }
    const first = await page('changedAfter=0&limit=1');
    deepEqual([seqs(first), first.nextCursor], [[5], '1']);
    const second = await page(`changedAfter=${first.nextCursor}&limit=1`);
    deepEqual([seqs(second), second.nextCursor], [[2], null]);
    await refused(
      reader.api.get(`/messages?conversationId=${conversationId}&changedAfter=0&after=0`),
      'BAD_REQUEST',
    );
  }),
  smoke('http.messages.send', 'POST /messages is the same send path: 202, stored, pushed', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const conversationId = await cast.sharedGroup();
    const devices = [await alice.device(), await bob.device()];
    const body = { conversationId, messageId: randomUUID(), content: 'over HTTP' };
    const accepted = await answered(alice.api.post('/messages', body), 202, Accepted);
    deepEqual([accepted.messageId, accepted.conversationId], [body.messageId, conversationId]);
    for (const device of devices) equal((await device.message(body.messageId)).content, 'over HTTP');
    await answered(alice.api.post('/messages', body), 202, Accepted);
    const after = await alice.say(conversationId, 'after the repeat');
    const stored = (await bob.history(conversationId)).filter(
      ({ messageId }) => messageId === body.messageId,
    );
    equal(stored.length, 1);
    ok(after.seq > (stored[0]?.seq ?? 0));
  }),
  must('http.messages.reply-to', 'replyTo is kept with the message', async (cast) => {
    const alice = await cast.person('alice');
    const conversationId = await cast.sharedGroup();
    const { seq } = await alice.say(conversationId, 'a question');
    const body = { conversationId, messageId: randomUUID(), content: 'an answer', replyTo: seq };
    const device = await alice.device();
    await answered(alice.api.post('/messages', body), 202, Accepted);
    equal((await device.message(body.messageId)).replyTo, seq);
    await refused(alice.api.post('/messages', { ...body, replyTo: 'x' }), 'BAD_REQUEST');
  }),
]);
