/** The suite must be able to fail: each promise that is broken here is reported, and nothing else. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cast } from '../../scripts/conformance/cast.ts';
import { requirements } from '../../scripts/conformance/requirements.ts';
import { type Outcome, runRequirements } from '../../scripts/conformance/run.ts';
import { Parley } from '../support/parley.ts';
import { type Lies, LyingProxy } from './lying-proxy.ts';

let parley: Parley;
beforeAll(async () => {
  parley = await Parley.start();
});
afterAll(() => parley?.close());

/** Those of the requirements below that this server breaks. */
async function findings(lies: Lies): Promise<Outcome[]> {
  const proxy = await LyingProxy.start(parley.runtime, lies);
  const cast = new Cast(proxy.target);
  try {
    const outcomes = await runRequirements(
      requirements.filter(({ id }) => asked.includes(id)),
      cast,
    );
    return outcomes.filter(({ status }) => status !== 'passed');
  } finally {
    await cast.leave();
    await proxy.close();
  }
}

const asked = [
  'values.unread',
  'http.sessions.end',
  'http.sessions.current',
  'http.dm',
  'http.messages.after',
  'ws.handshake.no-token',
  'ws.frame.request-id',
  'ws.sync',
  'ws.event.read',
  'promise.stored-before-pushed',
  'promise.dense',
  'promise.once',
  'promise.left',
  'errors.http.unauthenticated',
  'errors.stranger',
  'erasure.password',
  'errors.no-internals',
];

/** Each run registers its people and erases them, and the erasing goes on beside the next. */
const timeout = 60_000;

test('of a server that keeps them, nothing is reported', { timeout }, async () => {
  expect(await findings({})).toEqual([]);
});

/** From the fourth message of a conversation on, each seq is one too high: over HTTP and over the socket alike. */
const withGap = (text: string) =>
  text.replace(/"(seq|lastSeq|lastReadSeq)":(\d+)/g, (all, name, seq) =>
    Number(seq) >= 4 ? `"${name}":${Number(seq) + 1}` : all,
  );

/** A client's second copy of a message is stored as another message. */
function storingTwice(): Lies {
  const seen = new Set<string>();
  return {
    toServer(text) {
      const frame = JSON.parse(text);
      if (frame.action !== 'sendMessage') return text;
      if (!seen.has(frame.messageId)) {
        seen.add(frame.messageId);
        return text;
      }
      return JSON.stringify({ ...frame, messageId: `${frame.messageId}-2`.slice(-64) });
    },
  };
}

const brokenPromises: [what: string, lies: () => Lies, expected: string[]][] = [
  [
    'a sequence with a gap',
    () => ({
      answer: ({ path }, { status, body }) =>
        path.startsWith('/v1/messages') ? { status, body: withGap(body) } : undefined,
      toClient: (_frame, text) => withGap(text),
    }),
    ['http.messages.after', 'promise.dense'],
  ],
  ['a retry that is stored again', storingTwice, ['promise.once']],
  [
    '200 instead of 401',
    () => ({ answer: (_, { status, body }) => (status === 401 ? { status: 200, body } : undefined) }),
    ['http.sessions.end', 'http.sessions.current', 'errors.http.unauthenticated', 'erasure.password'],
  ],
  [
    'a socket that opens for anybody, and then closes',
    () => ({ opensForAnybody: true }),
    ['http.sessions.end', 'http.sessions.current', 'ws.handshake.no-token'],
  ],
  [
    'a read event that never comes',
    () => ({ toClient: ({ type }, text) => (type === 'read' ? undefined : text) }),
    ['ws.event.read'],
  ],
  [
    'FORBIDDEN to strangers, who so learn that there is something',
    () => ({
      answer: (_, { status, body }) =>
        status === 404
          ? { status: 403, body: body.replace('"NOT_FOUND"', '"FORBIDDEN"').replace('404', '403') }
          : undefined,
    }),
    ['promise.left', 'errors.stranger'],
  ],
  [
    'a sync that leaves out the last message',
    () => ({
      toClient({ type }, text) {
        if (type !== 'sync') return text;
        const reply = JSON.parse(text);
        for (const one of reply.conversations) one.messages?.pop();
        return JSON.stringify(reply);
      },
    }),
    ['ws.sync'],
  ],
  [
    'a session that is said to have ended, and goes on',
    () => ({
      passesOn: ({ method, path }) => method !== 'DELETE' || !path.startsWith('/v1/users/me/sessions/'),
      answer: ({ method, path }, answer) =>
        method === 'DELETE' && path.startsWith('/v1/users/me/sessions/') ? { status: 204, body: '' } : answer,
    }),
    ['http.sessions.end', 'http.sessions.current'],
  ],
  [
    'an erasure for which any password does',
    () => ({
      answer: ({ method, path }, answer) =>
        method === 'DELETE' && path === '/v1/users/me' && answer.status === 401
          ? { status: 202, body: '' }
          : undefined,
    }),
    ['erasure.password'],
  ],
  [
    'an error that tells where it was thrown',
    () => ({
      toClient: ({ type }, text) =>
        type === 'error' ? text.replace(/"message":"/, '"message":"at /var/task/node_modules/x.mjs ') : text,
    }),
    ['errors.no-internals'],
  ],
  [
    'a DM made anew each time',
    () => {
      let made = 0;
      return {
        answer({ method, path }, { status, body }) {
          if (method !== 'POST' || path !== '/v1/conversations' || !body.includes('"DM"')) return undefined;
          made += 1;
          return { status, body: body.replace(/"conversationId":"/, `"conversationId":"x${made}`) };
        },
      };
    },
    ['http.dm'],
  ],
];

describe.each(brokenPromises)('%s', (_, lies, expected) => {
  test(`is reported as ${expected.join(' and ')}, with a reason`, { timeout }, async () => {
    const found = await findings(lies());
    expect(found.map(({ id }) => id)).toEqual(expected);
    for (const { status, reason } of found) {
      expect(status).toBe('failed');
      expect(reason).toMatch(/./);
    }
  });
});
