import { deepEqual, equal } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { answered, answeredNothing, refused } from '../caller.ts';
import { Missing, must, Skipped, section, smoke } from '../requirement.ts';
import {
  Accepted,
  MembersPage,
  Profile,
  read,
  SendAck,
  Synced,
  SyncReply,
  Users,
  WithMembers,
} from '../shapes.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

export const promises = section('§6 Promises', [
  smoke(
    'promise.stored-before-pushed',
    'A message event carries a message that can be read at once',
    async (cast) => {
      const [alice, bob] = await cast.people('alice', 'bob');
      const conversationId = await cast.sharedGroup();
      const his = await bob.device();
      for (let count = 0; count < 3; count += 1) {
        const messageId = randomUUID();
        const body = { conversationId, messageId, content: `stored ${count}` };
        await answered(alice.api.post('/messages', body), 202, Accepted);
        const pushed = await his.message(messageId);
        const stored = (await bob.history(conversationId)).find((message) => message.messageId === messageId);
        deepEqual(stored, pushed);
      }
    },
  ),
  smoke(
    'promise.dense',
    'seq is dense from 1, and the same for everyone, whoever sends at the same time',
    async (cast) => {
      const [alice, bob] = await cast.people('alice', 'bob');
      const conversationId = await cast.group(bob, alice);
      const each = 8;
      await Promise.all(
        [alice, bob].flatMap((person) =>
          upTo(each).map((n) => person.say(conversationId, `${person.user.username} ${n}`)),
        ),
      );
      const hers = await alice.history(conversationId);
      deepEqual(
        hers.map(({ seq }) => seq),
        upTo(2 * each),
      );
      deepEqual(await bob.history(conversationId), hers);
      for (const person of [alice, bob]) {
        const device = await person.device();
        for (const message of hers) deepEqual(await device.message(message.messageId), message);
      }
      equal((await alice.conversation(conversationId)).lastSeq, 2 * each);
    },
  ),
  must(
    'promise.order',
    'Two messages, the second after the first one’s ack, are stored in that order',
    async (cast) => {
      const [alice, bob] = await cast.people('alice', 'bob');
      const conversationId = await cast.group(bob, alice);
      const device = await alice.device();
      const sent: string[] = [];
      for (let count = 0; count < 12; count += 1) {
        const messageId = randomUUID();
        sent.push(messageId);
        await device.reply(
          { action: 'sendMessage', conversationId, messageId, content: `${count}` },
          SendAck,
        );
      }
      await device.message(sent.at(-1) ?? '');
      deepEqual(
        (await alice.history(conversationId)).map(({ messageId }) => messageId),
        sent,
      );
    },
  ),
  smoke(
    'promise.once',
    'A retry makes no second message, and the sender receives the original again',
    async (cast) => {
      const [alice, bob] = await cast.people('alice', 'bob');
      const conversationId = await cast.group(bob, alice);
      const device = await alice.device();
      const original = await alice.say(conversationId, 'once');
      const { messageId } = original;
      const copies = () => device.messages().filter((message) => message.messageId === messageId);
      for (let retries = 1; retries <= 2; retries += 1) {
        await device.reply({ action: 'sendMessage', conversationId, messageId, content: 'once' }, SendAck);
        await device.until(() => (copies().length > retries ? true : undefined), 'the original event again');
      }
      for (const copy of copies()) deepEqual(copy, original);
      await alice.say(conversationId, 'next');
      deepEqual(
        (await bob.history(conversationId)).map(({ content }) => content),
        ['once', 'next'],
      );
    },
  ),
  must('promise.once.raced', 'So do several at the same time, over sockets and HTTP', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const conversationId = await cast.group(bob, alice);
    const message = { conversationId, messageId: randomUUID(), content: 'raced' };
    const devices = [await alice.device(), await alice.connect()];
    await Promise.all([
      ...devices.map((device) => device.reply({ action: 'sendMessage', ...message }, SendAck)),
      answered(alice.api.post('/messages', message), 202, Accepted),
      answered(alice.api.post('/messages', message), 202, Accepted),
    ]);
    await devices[0]?.message(message.messageId);
    const next = await alice.say(conversationId, 'next');
    equal(next.seq, 2);
    deepEqual(
      (await bob.history(conversationId)).map(({ seq, content }) => [seq, content]),
      [
        [1, 'raced'],
        [2, 'next'],
      ],
    );
    await devices[1]?.close();
  }),
  must('promise.repair', 'What a device missed while it was away comes with sync', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const conversationId = await cast.group(bob, alice);
    const away = await bob.connect();
    const first = await alice.say(conversationId, 'while here');
    await away.message(first.messageId);
    await away.close();
    for (const text of ['missed', 'missed too']) await alice.say(conversationId, text);
    const back = await bob.connect();
    const conversations = [{ conversationId, afterSeq: first.seq }];
    const reply = await back.reply({ action: 'sync', conversations }, SyncReply);
    const { messages } = read(Synced, reply.conversations[0], 'The conversation');
    deepEqual(
      messages.map(({ content }) => content),
      ['missed', 'missed too'],
    );
    await back.close();
  }),
  must('promise.joined', 'Who joins has read what was there, and may read all of it', async (cast) => {
    const [alice, bob, carol] = await cast.people('alice', 'bob', 'carol');
    const conversationId = await cast.group(alice, bob);
    for (const text of ['before', 'Carol came']) await alice.say(conversationId, text);
    const added = alice.api.post(`/conversations/${conversationId}/members`, { userIds: [carol.id] });
    const { members } = await answered(added, 200, WithMembers);
    equal(members[0]?.lastReadSeq, 2);
    const { lastReadSeq, unreadCount } = await carol.conversation(conversationId);
    deepEqual([lastReadSeq, unreadCount], [2, 0]);
    equal((await carol.history(conversationId)).length, 2);
  }),
  must('promise.left', 'Who left is refused from then on', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const conversationId = await cast.group(alice, bob);
    await alice.say(conversationId, 'bye');
    equal((await bob.api.delete(`/conversations/${conversationId}/members/${bob.id}`)).status, 204);
    const message = { conversationId, messageId: randomUUID(), content: 'still here?' };
    await refused(bob.api.post('/messages', message), 'NOT_FOUND');
    await (await bob.device()).refused({ action: 'sendMessage', ...message }, 'NOT_FOUND');
    await refused(bob.api.get(`/messages?conversationId=${conversationId}`), 'NOT_FOUND');
  }),
]);

export const erasure = section('§7 Erasure', [
  must(
    'erasure',
    'DELETE /users/me ends the sessions, and nobody can take the username; it may be repeated',
    async (cast) => {
      const leaver = await cast.newcomer('goes');
      const { api, user, password } = leaver;
      const device = await leaver.device();
      const answer = await leaver.erase();
      if (answer.status === 404) throw new Missing('there is no DELETE /users/me');
      await answeredNothing(Promise.resolve(answer), 202);
      await device.isClosed();
      await refused(api.get('/users/me'), 'UNAUTHENTICATED');
      await refused(leaver.erase(), 'UNAUTHENTICATED');
      const body = { username: user.username, password };
      await refused(cast.caller().post('/login', body), 'UNAUTHENTICATED');
      await refused(cast.caller().post('/users', body), 'CONFLICT');
    },
  ),
  must('erasure.password', 'A token alone erases nobody: it takes the password', async (cast) => {
    const { api, password } = await cast.newcomer('stays');
    if (password === undefined) throw new Skipped('needs a user with a password');
    await refused(api.delete('/users/me'), 'BAD_REQUEST');
    await refused(api.delete('/users/me', { password: randomUUID() }), 'UNAUTHENTICATED');
    await answered(api.get('/users/me'), 200, Profile);
    await answeredNothing(api.delete('/users/me', { password }), 202);
  }),
  must(
    'erasure.messages',
    'What an erased user said becomes deleted messages, from an account without a name',
    async (cast) => {
      const [alice, leaver] = [await cast.person('alice'), await cast.newcomer('leaves')];
      const group = await cast.group(leaver, alice);
      const direct = await cast.direct(alice, leaver);
      const hers = await alice.device();
      for (const conversationId of [group, direct]) {
        await hers.message((await leaver.say(conversationId, 'to be forgotten')).messageId);
      }
      await answeredNothing(leaver.erase(), 202);
      for (const conversationId of [group, direct]) {
        const { content, deleted, senderId } = await hers.changed(conversationId, 1);
        deepEqual([content, deleted, senderId], ['', true, leaver.id]);
        deepEqual(
          (await alice.history(conversationId)).map((message) => [
            message.seq,
            message.content,
            message.deleted,
          ]),
          [[1, '', true]],
        );
        const seen = await alice.conversation(conversationId);
        deepEqual([seen.memberCount, seen.peer, seen.lastMessagePreview?.text], [1, undefined, '']);
        const found = alice.api.get(`/conversations/${conversationId}/members`);
        deepEqual(
          (await answered(found, 200, MembersPage)).items.map(({ userId }) => userId),
          [alice.id],
        );
      }
      equal((await alice.conversation(group)).role, 'admin');
      for (const query of [`username=${leaver.user.username}`, `ids=${leaver.id}`]) {
        deepEqual((await answered(alice.api.get(`/users?${query}`), 200, Users)).users, []);
      }
    },
  ),
]);
