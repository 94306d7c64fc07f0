import { deepEqual, equal } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { answered, refused } from '../caller.ts';
import { must, Skipped, section, smoke } from '../requirement.ts';
import { Direct, Group, Message, Profile, read, SignedIn } from '../shapes.ts';

export const values = section('§2 Values', [
  smoke(
    'values.message',
    'A message has its fields, and times in ISO 8601 UTC with milliseconds',
    async (cast) => {
      const alice = await cast.person('alice');
      const message = await alice.say(await cast.sharedGroup(), 'hello');
      read(Message, message, 'The message');
      equal(message.content, 'hello');
      equal(message.senderId, alice.id);
      equal(message.type, 'text');
    },
  ),
  must('values.conversation.dm', 'A DM has no title, and the other member as its peer', async (cast) => {
    const [alice, carol] = await cast.people('alice', 'carol');
    const id = await cast.direct(alice, carol);
    const seen = await answered(carol.api.get(`/conversations/${id}`), 200, Direct);
    deepEqual([seen.peer?.userId, seen.role, seen.memberCount], [alice.id, 'member', 2]);
  }),
  must(
    'values.conversation.group',
    'A group has its title and no peer; its creator is an admin',
    async (cast) => {
      const alice = await cast.person('alice');
      const group = await answered(alice.api.get(`/conversations/${await cast.sharedGroup()}`), 200, Group);
      deepEqual([group.role, group.createdBy], ['admin', alice.id]);
    },
  ),
  must('values.unread', 'Who sends has read what it sent; the others have not', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const id = await cast.group(alice, bob);
    await bob.say(id, 'one');
    await alice.say(id, 'two');
    deepEqual((await alice.conversation(id)).unreadCount, 0);
    deepEqual((await bob.conversation(id)).unreadCount, 1);
  }),
  must('values.preview', 'The preview is of the newest message, cut to 120 characters', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const id = await cast.group(alice, bob);
    const { seq } = await alice.say(id, '👍'.repeat(130));
    const { lastMessagePreview } = await bob.conversation(id);
    equal(lastMessagePreview?.seq, seq);
    equal(lastMessagePreview?.senderId, alice.id);
    equal([...(lastMessagePreview?.text ?? '')].length <= 120, true);
    equal(lastMessagePreview?.text.startsWith('👍'.repeat(100)), true);
  }),
  must('values.content.nfc', 'Content is kept in Unicode NFC', async (cast) => {
    const alice = await cast.person('alice');
    equal((await alice.say(await cast.sharedGroup(), 'cafe\u0301')).content, 'caf\u00e9');
  }),
  must('values.content.largest', 'Content may have 8,000 code points, and 16 KiB of UTF-8', async (cast) => {
    const alice = await cast.person('alice');
    const id = await cast.sharedGroup();
    for (const content of ['x'.repeat(8_000), '👍'.repeat(4_096), 'line\n\tnext']) {
      equal((await alice.say(id, content)).content, content);
    }
  }),
  must(
    'values.content.refused',
    'Content that is empty, too long or has control characters is refused',
    async (cast) => {
      const alice = await cast.person('alice');
      const device = await alice.device();
      const conversationId = await cast.sharedGroup();
      for (const content of [
        '',
        'x'.repeat(8_001),
        '👍'.repeat(4_097),
        'a\u0000b',
        'a\u0007b',
        'a\rb',
        7,
        null,
      ]) {
        const frame = { action: 'sendMessage', conversationId, messageId: randomUUID(), content };
        await device.refused(frame, 'BAD_REQUEST');
      }
    },
  ),
  must(
    'values.marks',
    'At most 30 combining marks follow one another in a text; every script passes',
    async (cast) => {
      const alice = await cast.person('alice');
      const device = await alice.device();
      const conversationId = await cast.sharedGroup();
      for (const content of [
        'Tiếng Việt',
        'בְּרֵאשִׁ֖ית',
        `नह${'\u0940'.repeat(40)}`,
        '\u0F67\u0F90\u0FB5\u0FA8\u0FB3\u0FBA\u0FBC\u0FBB\u0F82',
        '👩🏽‍❤️‍💋‍👨🏿',
        `x${'\u0323'.repeat(30)}`,
      ]) {
        equal((await alice.say(conversationId, content)).content, content.normalize('NFC'));
      }
      const stacks = [`x${'\u0323'.repeat(31)}`, `a${'\u0301'.repeat(8_000)}${'\u0323'.repeat(8_000)}`];
      for (const content of stacks) {
        const message = { conversationId, messageId: randomUUID(), content };
        await device.refused({ action: 'sendMessage', ...message }, 'BAD_REQUEST');
        await refused(alice.api.post('/messages', message), 'BAD_REQUEST');
        await refused(alice.api.patch('/users/me', { displayName: content }), 'BAD_REQUEST');
      }
    },
  ),
  must('values.message-id', 'A messageId is 1 to 64 of A-Z a-z 0-9 _ -', async (cast) => {
    const alice = await cast.person('alice');
    const device = await alice.device();
    const conversationId = await cast.sharedGroup();
    const longest = `A_-9${randomUUID()}`.padEnd(64, 'x');
    equal((await alice.say(conversationId, 'long id', longest)).messageId, longest);
    for (const messageId of ['', `${longest}x`, 'a b', 'a#b', 'ä', 7]) {
      await device.refused({ action: 'sendMessage', conversationId, messageId, content: 'x' }, 'BAD_REQUEST');
    }
  }),
  must('values.username', 'A username is 3 to 32 of a-z 0-9 _ . -', async (cast) => {
    const nobody = cast.caller();
    for (const username of ['ab', 'x'.repeat(33), 'al ice', 'älice', 7]) {
      await refused(nobody.post('/users', { username, password: randomUUID() }), 'BAD_REQUEST');
    }
  }),
  must('values.username.case', 'A username is the same in upper and in lower case', async (cast) => {
    const { user, password } = await cast.person('alice');
    if (password === undefined) throw new Skipped('needs a user with a password');
    const username = user.username.toUpperCase();
    const session = await answered(cast.caller().post('/login', { username, password }), 200, SignedIn);
    equal(session.user.username, user.username);
  }),
  must('values.password', 'A password has 8 to 128 characters', async (cast) => {
    const username = `c-none-${cast.word}`;
    for (const password of ['seven77', 'x'.repeat(129)]) {
      await refused(cast.caller().post('/users', { username, password }), 'BAD_REQUEST');
    }
  }),
  must('values.display-name', 'A displayName has 1 to 64 characters', async (cast) => {
    const { api } = await cast.person('alice');
    for (const displayName of ['', 'x'.repeat(65), 7]) {
      await refused(api.patch('/users/me', { displayName }), 'BAD_REQUEST');
    }
    const longest = '👍'.repeat(64);
    const changed = await answered(api.patch('/users/me', { displayName: longest }), 200, Profile);
    equal(changed.displayName, longest);
  }),
  must('values.title', 'A title has 1 to 100 characters', async (cast) => {
    const { api } = await cast.person('alice');
    const path = `/conversations/${await cast.sharedGroup()}`;
    for (const title of ['', 'x'.repeat(101), 7]) await refused(api.patch(path, { title }), 'BAD_REQUEST');
    const longest = '👍'.repeat(100);
    equal((await answered(api.patch(path, { title: longest }), 200, Group)).title, longest);
  }),
]);
