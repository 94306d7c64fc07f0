import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { Cast } from '../cast.ts';
import type { Device } from '../device.ts';
import { Missing, must, section, smoke } from '../requirement.ts';
import {
  ConversationChanged,
  ConversationEvent,
  ConversationRemoved,
  Heartbeat,
  ReadAck,
  ReadEvent,
  read,
  SendAck,
  Synced,
  SyncReply,
  Time,
} from '../shapes.ts';

const ChangeAck = v.object({
  type: v.literal('ack'),
  action: v.string(),
  requestId: v.string(),
  conversationId: v.string(),
  seq: v.number(),
  acceptedAt: Time,
});
const Typing = v.object({
  type: v.literal('typing'),
  conversationId: v.string(),
  userId: v.string(),
  state: v.picklist(['started', 'stopped']),
});
const PresenceOf = v.object({
  userId: v.string(),
  status: v.picklist(['online', 'offline']),
  lastSeenAt: v.nullable(Time),
});
const Presence = v.object({ type: v.literal('presence'), users: v.array(PresenceOf) });

/** Of a frame that is right, BAD_REQUEST can only mean that the server does not know the action. */
async function known(
  device: Device,
  frame: { action: string; [field: string]: unknown },
): Promise<Record<string, unknown>> {
  const reply = await device.ask(frame);
  if (reply['code'] === 'BAD_REQUEST') throw new Missing(`the action ${frame.action} is unknown`);
  return reply;
}

async function pair(cast: Cast, { admin }: { admin: 'alice' | 'bob' } = { admin: 'bob' }) {
  const [alice, bob] = await cast.people('alice', 'bob');
  const conversationId = await (admin === 'bob' ? cast.group(bob, alice) : cast.group(alice, bob));
  return { alice, bob, conversationId, hers: await alice.device(), his: await bob.device() };
}

export const actions = section('§5 Actions', [
  smoke(
    'ws.send',
    'sendMessage is acknowledged, and its message goes to every device of every member',
    async (cast) => {
      const [alice, bob] = await cast.people('alice', 'bob');
      const conversationId = await cast.sharedGroup();
      const devices = [await alice.device(), await alice.connect(), await bob.device(), await bob.connect()];
      const messageId = randomUUID();
      const frame = { action: 'sendMessage', conversationId, messageId, content: 'to all', type: 'text' };
      const ack = read(SendAck, await devices[0]?.ask(frame), 'The ack');
      deepEqual([ack.messageId, ack.conversationId], [messageId, conversationId]);
      const copies = await Promise.all(devices.map((device) => device.message(messageId)));
      for (const copy of copies) deepEqual(copy, copies[0]);
      await devices[1]?.close();
      await devices[3]?.close();
    },
  ),
  must('ws.send.system', 'type "system" from a client is BAD_REQUEST', async (cast) => {
    const device = await (await cast.person('alice')).device();
    const frame = {
      action: 'sendMessage',
      conversationId: await cast.sharedGroup(),
      content: 'x',
      type: 'system',
    };
    await device.refused({ ...frame, messageId: randomUUID() }, 'BAD_REQUEST');
  }),
  must(
    'ws.mark-read',
    'markRead answers the marker, which never moves back or past lastSeq',
    async (cast) => {
      const { alice, bob, conversationId, his } = await pair(cast);
      await alice.say(conversationId, 'one');
      await alice.say(conversationId, 'two');
      const mark = async (seq: number) =>
        (await his.reply({ action: 'markRead', conversationId, seq }, ReadAck)).lastReadSeq;
      equal(await mark(1), 1);
      equal(await mark(1_000_000), 2);
      equal(await mark(1), 2);
      equal((await bob.conversation(conversationId)).lastReadSeq, 2);
    },
  ),
  must(
    'ws.sync',
    'sync answers what lies after afterSeq, and where the conversation stands',
    async (cast) => {
      const { alice, bob, conversationId, his } = await pair(cast);
      for (const text of ['one', 'two', 'three']) await alice.say(conversationId, text);
      const other = `none-${randomUUID()}`;
      const frame = {
        action: 'sync',
        conversations: [
          { conversationId, afterSeq: 1 },
          { conversationId: other, afterSeq: 0 },
        ],
      };
      const { conversations } = await his.reply(frame, SyncReply);
      const synced = read(Synced, conversations[0], 'The conversation');
      deepEqual(synced.messages, (await bob.history(conversationId)).slice(1));
      deepEqual(
        [synced.conversationId, synced.lastSeq, synced.lastReadSeq, synced.hasMore],
        [conversationId, 3, 0, false],
      );
      deepEqual(conversations[1], { conversationId: other, code: 'NOT_FOUND' });
    },
  ),
  must(
    'ws.sync.limit',
    'limit cuts a reply, which says so with hasMore, and every reply makes progress',
    async (cast) => {
      const { alice, conversationId, his } = await pair(cast);
      for (let count = 0; count < 5; count += 1) await alice.say(conversationId, `${count}`);
      const seqs: number[] = [];
      for (let more = true; more; ) {
        const conversations = [{ conversationId, afterSeq: seqs.at(-1) ?? 0 }];
        const reply = await his.reply({ action: 'sync', conversations, limit: 2 }, SyncReply);
        const { messages, hasMore } = read(Synced, reply.conversations[0], 'The conversation');
        ok(messages.length >= 1 && messages.length <= 2);
        seqs.push(...messages.map(({ seq }) => seq));
        more = hasMore;
      }
      deepEqual(seqs, [1, 2, 3, 4, 5]);
    },
  ),
  must('ws.sync.size', 'A reply has at most 100 KiB, whatever was missed', async (cast) => {
    const { alice, conversationId, his } = await pair(cast);
    for (let count = 0; count < 8; count += 1) await alice.say(conversationId, '👍'.repeat(4_096));
    const reply = await his.ask({ action: 'sync', conversations: [{ conversationId, afterSeq: 0 }] });
    ok(Buffer.byteLength(JSON.stringify(reply)) <= 100 * 1024);
    const { messages, hasMore } = read(Synced, read(SyncReply, reply, 'The reply').conversations[0], 'It');
    ok(messages.length >= 1 && hasMore);
  }),
  smoke('ws.heartbeat', 'heartbeat answers the time, and the newest activity in the inbox', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const { createdAt } = await alice.say(await cast.sharedGroup(), 'activity');
    const his = await bob.device();
    const end = Date.now() + cast.target.deadlineMs;
    // The inbox is read from an index that may lag by moments.
    for (let latest = ''; latest < createdAt; ) {
      ok(Date.now() < end, `latestActivityAt is ${latest}, and a message was stored at ${createdAt}`);
      latest = (await his.reply({ action: 'heartbeat' }, Heartbeat)).latestActivityAt ?? '';
    }
  }),
  must(
    'ws.edit',
    'editMessage changes one’s own message, for everybody, with the next revision',
    async (cast) => {
      const { alice, conversationId, hers, his } = await pair(cast);
      const { seq } = await alice.say(conversationId, 'frist');
      const frame = { action: 'editMessage', conversationId, seq, content: 'first' };
      const ack = read(ChangeAck, await known(hers, frame), 'The reply');
      deepEqual([ack.action, ack.conversationId, ack.seq], ['editMessage', conversationId, seq]);
      for (const device of [hers, his]) {
        const changed = await device.changed(conversationId, 1);
        deepEqual([changed.seq, changed.content, typeof changed.editedAt], [seq, 'first', 'string']);
      }
      await his.refused({ ...frame, content: 'mine' }, 'FORBIDDEN');
      await hers.refused({ ...frame, seq: seq + 1 }, 'NOT_FOUND');
    },
  ),
  must('ws.delete', 'deleteMessage empties a message, by its sender or an admin', async (cast) => {
    const { alice, bob, conversationId, hers, his } = await pair(cast, { admin: 'alice' });
    const { seq } = await bob.say(conversationId, 'oops');
    const frame = { action: 'deleteMessage', conversationId, seq };
    read(ChangeAck, await known(hers, frame), 'The reply');
    const deleted = await his.changed(conversationId, 1);
    deepEqual([deleted.content, deleted.deleted], ['', true]);
    const { seq: other } = await alice.say(conversationId, 'hers');
    await his.refused({ ...frame, seq: other }, 'FORBIDDEN');
  }),
  must('ws.react', 'react adds and removes a reaction, each with the next revision', async (cast) => {
    const { alice, bob, conversationId, hers, his } = await pair(cast);
    const { seq } = await alice.say(conversationId, 'lunch?');
    const frame = { action: 'react', conversationId, seq, emoji: '👍' };
    read(ChangeAck, await known(his, { ...frame, op: 'add' }), 'The reply');
    deepEqual((await hers.changed(conversationId, 1)).reactions, { '👍': [bob.id] });
    read(ChangeAck, await his.ask({ ...frame, op: 'remove' }), 'The reply');
    deepEqual((await hers.changed(conversationId, 2)).reactions ?? {}, {});
    await his.refused({ ...frame, op: 'toggle' }, 'BAD_REQUEST');
  }),
  must(
    'ws.sync.changed',
    'sync answers what has changed after afterRevision, and up to where changes stand',
    async (cast) => {
      const { alice, bob, conversationId, hers, his } = await pair(cast);
      for (const content of ['one', 'two']) {
        const { seq } = await alice.say(conversationId, content);
        await known(hers, { action: 'editMessage', conversationId, seq, content: `${content}!` });
        await hers.changed(conversationId, seq);
      }
      const conversations = [{ conversationId, afterSeq: 2, afterRevision: 1 }];
      const reply = await his.reply({ action: 'sync', conversations }, SyncReply);
      const { messages, changed, lastRevision } = read(Synced, reply.conversations[0], 'The conversation');
      deepEqual([messages, changed, lastRevision], [[], (await bob.history(conversationId)).slice(1), 2]);
    },
  ),
  must('ws.typing', 'typing has no reply, and is told to the other members', async (cast) => {
    const { alice, conversationId, hers, his } = await pair(cast);
    const requestId = 'typing';
    hers.sendText(JSON.stringify({ action: 'typing', conversationId, state: 'started', requestId }));
    const answer = () => hers.frames.find((frame) => frame['requestId'] === requestId);
    const told = his.event(Typing, 'typing', (one) => one.conversationId === conversationId);
    const first = await Promise.race([told, hers.until(answer, 'an answer').catch(() => told)]);
    if ('code' in first && first.code === 'BAD_REQUEST') throw new Missing('the action typing is unknown');
    deepEqual(first, { type: 'typing', conversationId, userId: alice.id, state: 'started' });
    equal(answer(), undefined);
  }),
  must(
    'ws.presence',
    'presence tells who is online of those one shares a conversation with',
    async (cast) => {
      const [bob, dave] = await cast.people('bob', 'dave');
      const { hers } = await pair(cast);
      const frame = { action: 'presence', userIds: [bob.id, dave.id] };
      const { users } = read(Presence, await known(hers, frame), 'The reply');
      deepEqual(
        users.map(({ userId, status }) => [userId, status]),
        [[bob.id, 'online']],
      );
    },
  ),
]);

export const events = section('§5 Events', [
  must(
    'ws.event.conversation',
    'Who is added hears of the conversation before its first message',
    async (cast) => {
      const [alice, bob] = await cast.people('alice', 'bob');
      const his = await bob.device();
      const conversationId = await cast.group(alice, bob);
      const { messageId } = await alice.say(conversationId, 'welcome');
      await his.message(messageId);
      const about = his.frames.findIndex((frame) => {
        const event = v.safeParse(ConversationEvent, frame);
        return event.success && event.output.conversation.conversationId === conversationId;
      });
      const message = his.frames.findIndex(
        (frame) => frame['type'] === 'message' && JSON.stringify(frame).includes(messageId),
      );
      ok(about >= 0 && about < message, `the conversation came as ${about}, the message as ${message}`);
    },
  ),
  must('ws.event.role', 'Who gets another role or other settings is told', async (cast) => {
    const { alice, bob, conversationId, his } = await pair(cast, { admin: 'alice' });
    const about = (check: (conversation: { role: string; pinned: boolean }) => boolean) =>
      his.event(
        ConversationEvent,
        'conversation',
        ({ conversation }) => conversation.conversationId === conversationId && check(conversation),
      );
    await alice.api.patch(`/conversations/${conversationId}/members/${bob.id}`, { role: 'admin' });
    await about(({ role }) => role === 'admin');
    await bob.api.patch(`/conversations/${conversationId}/settings`, { pinned: true });
    await about(({ pinned }) => pinned);
  }),
  must('ws.event.changed', 'The members hear of a new title and of new members', async (cast) => {
    const { alice, conversationId, his } = await pair(cast, { admin: 'alice' });

    const carol = await cast.person('carol');
    await alice.api.patch(`/conversations/${conversationId}`, { title: 'Renamed' });
    await his.event(ConversationChanged, 'conversationChanged', (event) => event.title === 'Renamed');
    await alice.api.post(`/conversations/${conversationId}/members`, { userIds: [carol.id] });
    await his.event(
      ConversationChanged,
      'conversationChanged',
      (event) => event.conversationId === conversationId && event.memberCount === 3,
    );
  }),
  must('ws.event.removed', 'Who is removed, or leaves, is told, and receives nothing more', async (cast) => {
    const { alice, bob, conversationId, his } = await pair(cast, { admin: 'alice' });
    await alice.api.delete(`/conversations/${conversationId}/members/${bob.id}`);
    await his.event(
      ConversationRemoved,
      'conversationRemoved',
      (event) => event.conversationId === conversationId,
    );
    const { messageId } = await alice.say(conversationId, 'without Bob');
    // Hers has come, and another message to Bob comes after it would have.
    await his.message((await alice.say(await cast.sharedGroup(), 'with Bob')).messageId);
    ok(!his.messages().some((message) => message.messageId === messageId));
  }),
  must(
    'ws.event.read',
    'The members, and the reader’s other devices, hear how far someone has read',
    async (cast) => {
      const { alice, bob, conversationId, hers, his } = await pair(cast);
      const second = await bob.connect();
      const { seq } = await alice.say(conversationId, 'read this');
      await his.reply({ action: 'markRead', conversationId, seq }, ReadAck);
      for (const device of [hers, second]) {
        const event = await device.event(
          ReadEvent,
          'read',
          (one) => one.conversationId === conversationId && one.userId === bob.id,
        );
        equal(event.seq, seq);
      }
      await second.close();
    },
  ),
  must(
    'ws.event.presence',
    'Who shares a DM with somebody hears when the first device comes, and when the last goes',
    async (cast) => {
      const [bob, carol] = await cast.people('bob', 'carol');
      await cast.direct(bob, carol);
      const his = await bob.device();
      let from = his.frames.length;
      const heard = async (status: 'online' | 'offline') => {
        const user = await his.until(
          () =>
            his.frames
              .slice(from)
              .filter((frame) => frame['type'] === 'presence' && !('requestId' in frame))
              .flatMap((frame) => read(Presence, frame, 'The event "presence"').users)
              .find((one) => one.userId === carol.id && one.status === status),
          `the event that Carol is ${status}`,
        );
        from = his.frames.length;
        return user;
      };
      // The only one of hers, whether it was open before or not.
      await (await carol.device()).close();
      await heard('offline');
      const first = await carol.connect();
      await heard('online');
      const second = await carol.connect();
      await Promise.all([first.close(), second.close()]);
      ok((await heard('offline')).lastSeenAt !== null);
    },
  ),
]);
