import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { refused } from '../caller.ts';
import { must, Skipped, section, smoke } from '../requirement.ts';
import { ErrorFrame, read, SendAck } from '../shapes.ts';

/** Names of AWS's resources and of a program's insides. */
const internals =
  /arn:aws|node_modules|\.m?[jt]s:\d+|\n\s+at |DynamoDB|Kinesis|ValidationException|Table\b.*not found/;

export const errors = section('§3 Errors', [
  smoke('errors.http.unauthenticated', 'No token, or a bad one, is UNAUTHENTICATED', async (cast) => {
    for (const token of [undefined, 'nonsense', 'a.b.c']) {
      await refused(cast.caller(token).get('/users/me'), 'UNAUTHENTICATED');
      await refused(cast.caller(token).get('/conversations'), 'UNAUTHENTICATED');
      await refused(cast.caller(token).get(`/messages?conversationId=${randomUUID()}`), 'UNAUTHENTICATED');
    }
  }),
  must('errors.http.malformed', 'A body that is not JSON, or not an object, is BAD_REQUEST', async (cast) => {
    const { api } = await cast.person('alice');
    for (const body of ['{', '', '[]', '"text"', 'null', '{"displayName":"x",}']) {
      await refused(api.once('PATCH', '/users/me', body), 'BAD_REQUEST');
    }
  }),
  must(
    'errors.http.fields',
    'A field that is missing, unknown or of the wrong type is BAD_REQUEST',
    async (cast) => {
      const { api } = await cast.person('alice');
      const conversationId = await cast.sharedGroup();
      const good = { conversationId, messageId: randomUUID(), content: 'x' };
      for (const wrong of [
        { content: undefined },
        { messageId: undefined },
        { extra: 1 },
        { content: 1 },
        { replyTo: 0 },
      ]) {
        await refused(api.post('/messages', { ...good, ...wrong }), 'BAD_REQUEST');
      }
      await refused(api.patch('/users/me', { displayName: 'x', admin: true }), 'BAD_REQUEST');
    },
  ),
  must(
    'errors.http.query',
    'A parameter that is unknown, repeated or out of range is BAD_REQUEST',
    async (cast) => {
      const { api } = await cast.person('alice');
      const id = `conversationId=${await cast.sharedGroup()}`;
      const messages = [
        '',
        `${id}&extra=1`,
        `${id}&${id}`,
        `${id}&limit=0`,
        `${id}&limit=101`,
        `${id}&after=-1`,
      ];
      for (const query of [...messages, `${id}&after=1&before=2`, `${id}&limit=x`]) {
        await refused(api.get(`/messages?${query}`), 'BAD_REQUEST');
      }
      for (const query of ['limit=0', 'limit=101', 'extra=1', 'limit=1&limit=2']) {
        await refused(api.get(`/conversations?${query}`), 'BAD_REQUEST');
      }
    },
  ),
  must('errors.http.no-such-path', 'A path that does not exist is NOT_FOUND', async (cast) => {
    const { api } = await cast.person('alice');
    await refused(api.get('/no-such-thing'), 'NOT_FOUND');
  }),
  smoke('errors.stranger', 'A conversation of others answers as one that does not exist', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const hidden = await cast.group(alice);
    const device = await bob.device();
    for (const id of [hidden, `none-${randomUUID()}`]) {
      await refused(bob.api.get(`/conversations/${id}`), 'NOT_FOUND');
      await refused(bob.api.get(`/conversations/${id}/members`), 'NOT_FOUND');
      await refused(bob.api.get(`/messages?conversationId=${id}`), 'NOT_FOUND');
      await refused(bob.api.patch(`/conversations/${id}`, { title: 'mine' }), 'NOT_FOUND');
      await refused(bob.api.patch(`/conversations/${id}/settings`, { pinned: true }), 'NOT_FOUND');
      await refused(bob.api.put(`/conversations/${id}/read`, { seq: 1 }), 'NOT_FOUND');
      await refused(bob.api.post(`/conversations/${id}/members`, { userIds: [bob.id] }), 'NOT_FOUND');
      await refused(bob.api.delete(`/conversations/${id}/members/${bob.id}`), 'NOT_FOUND');
      const message = { conversationId: id, messageId: randomUUID(), content: 'x' };
      await refused(bob.api.post('/messages', message), 'NOT_FOUND');
      await device.refused({ action: 'sendMessage', ...message }, 'NOT_FOUND');
      await device.refused({ action: 'markRead', conversationId: id, seq: 1 }, 'NOT_FOUND');
    }
  }),
  must(
    'errors.ws.names',
    'An error frame names the action, the request and the message it is about',
    async (cast) => {
      const device = await (await cast.person('alice')).device();
      const messageId = randomUUID();
      const frame = { action: 'sendMessage', conversationId: randomUUID(), messageId, content: 'x' };
      const error = await device.refused(frame, 'NOT_FOUND');
      deepEqual([error.action, error.messageId], ['sendMessage', messageId]);
    },
  ),
  must(
    'errors.conflict',
    'A messageId with other content, or in another conversation, is CONFLICT after the ack',
    async (cast) => {
      const [alice, bob] = await cast.people('alice', 'bob');
      const first = await cast.sharedGroup();
      const second = await cast.group(alice, bob);
      const device = await alice.device();
      for (const change of [{ content: 'other' }, { conversationId: second }]) {
        const messageId = randomUUID();
        await alice.say(first, 'original', messageId);
        const frame = {
          action: 'sendMessage',
          conversationId: first,
          messageId,
          content: 'original',
          ...change,
        };
        await device.reply(frame, SendAck);
        await device.event(
          ErrorFrame,
          'error',
          (error) => error.code === 'CONFLICT' && error.messageId === messageId,
        );
      }
      equal((await alice.history(second)).length, 0);
    },
  ),
  must('errors.too-large', 'A body over the limit is PAYLOAD_TOO_LARGE', async (cast) => {
    const { api } = await cast.person('alice');
    await refused(api.post('/messages', { content: 'x'.repeat(256 * 1024) }), 'PAYLOAD_TOO_LARGE');
  }),
  must(
    'errors.rate-limited',
    'Who exceeds a rate is told RATE_LIMITED, and when to try again',
    async (cast) => {
      const dave = await cast.person('dave');
      const device = await dave.device();
      const replies = await Promise.all(
        Array.from({ length: 60 }, () => device.askOnce({ action: 'heartbeat' })),
      );
      const limited = replies.filter(({ code }) => code === 'RATE_LIMITED');
      if (limited.length === 0) throw new Skipped('its limit is higher than 60 frames at once');
      for (const error of limited) ok((read(ErrorFrame, error, 'The error').retryAfterMs ?? 0) > 0);
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => dave.api.once('PUT', '/conversations/none/read', '{"seq":1}')),
      );
      const refusedOnes = answers.filter(({ status }) => status === 429);
      if (refusedOnes.length === 0) throw new Skipped('its limit is higher than 40 requests at once');
      for (const answer of refusedOnes) {
        await refused(Promise.resolve(answer), 'RATE_LIMITED');
        ok(Number(answer.headers.get('retry-after')) >= 1, 'Retry-After says in how many seconds');
      }
    },
  ),
]);

/** Tried last: about everything that was heard until then. */
export const secrecy = section('§3 Errors', [
  smoke('errors.no-internals', 'No stack trace, table name or ARN reaches a client', async (cast) => {
    ok(cast.heard.length > 0);
    for (const text of cast.heard) {
      const found = internals.exec(text)?.[0];
      if (found !== undefined) throw new Error(`"${found}" in ${text.slice(0, 400)}`);
    }
  }),
]);
