import { beforeEach, describe, expect, test } from 'vitest';
import { tokenLifetimeMs } from '../../shared/domain/secret-keys.ts';
import type { Sessions as StoredSessions } from '../../shared/domain/sessions.ts';
import type { SecretStore } from '../stores/secret-store.ts';
import type { SessionStore } from '../stores/session-store.ts';
import { Sessions, type SignedInUser } from './sessions.ts';
import { Tokens } from './tokens.ts';

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const signedInAt = Date.parse('2026-11-24T10:00:00.000Z');

let now: number;
let stored: StoredSessions;
let sessions: Sessions;

beforeEach(() => {
  now = signedInAt;
  const clock = () => now;
  // Of a store, what renewing asks of it.
  const store = {
    renew: async (_userId, id, times) => {
      const session = stored[id];
      if (session !== undefined) stored = { ...stored, [id]: { ...session, ...times } };
      return session !== undefined;
    },
  } as Pick<SessionStore, 'renew'> as SessionStore;
  sessions = new Sessions(
    {
      store,
      tokens: new Tokens({ keys: async () => ({ current: 'k'.repeat(64) }) } as SecretStore, clock),
      closing: { of: async () => undefined },
      registrations: { lastSeenOfSessions: async () => new Map() },
      queue: { putClosing: async () => undefined },
      report: () => {},
      maximumMs: 30 * day,
    },
    clock,
  );
});

function signIn(deviceName?: string): SignedInUser {
  const { sessionId, session } = sessions.begin(deviceName);
  stored = { [sessionId]: session };
  return caller(sessionId);
}

/** As the request's own reading of the user shows it. */
function caller(sessionId: string): SignedInUser {
  const createdAt = new Date(signedInAt).toISOString();
  const user = { userId: 'usr_a', username: 'alice', displayName: 'Alice', createdAt, authEpoch: 1 };
  return { ...user, sessions: stored, sessionId };
}

const expiry = async (user: SignedInUser) => Date.parse((await sessions.renew(user)).expiresAt);

describe('renewing', () => {
  test('gives a whole token for as long as the session may go on', async () => {
    const { sessionId = '' } = signIn();
    for (now = signedInAt; now <= signedInAt + 29 * day; now += 6 * hour) {
      expect(await expiry(caller(sessionId))).toBe(now + tokenLifetimeMs);
    }
  });

  test('cuts the last token at thirty days after signing in', async () => {
    const { sessionId = '' } = signIn();
    const end = signedInAt + 30 * day;
    for (now of [end - tokenLifetimeMs, end - hour, end - 1000]) {
      expect(await expiry(caller(sessionId))).toBe(end);
    }
  });

  test('is refused from then on, however often it was renewed', async () => {
    const { sessionId = '' } = signIn();
    now = signedInAt + 30 * day - 1000;
    await sessions.renew(caller(sessionId));
    for (now of [signedInAt + 30 * day, signedInAt + 31 * day]) {
      await expect(sessions.renew(caller(sessionId))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  test('is refused where the session was ended meanwhile', async () => {
    const user = signIn();
    stored = {};
    await expect(sessions.renew(user)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('moves the last use, and neither the sign-in nor the name', async () => {
    const { sessionId = '' } = signIn('Laptop');
    now = signedInAt + hour;
    await sessions.renew(caller(sessionId));
    expect(await sessions.of(caller(sessionId))).toEqual([
      {
        sessionId,
        deviceName: 'Laptop',
        createdAt: new Date(signedInAt).toISOString(),
        lastUsedAt: new Date(now).toISOString(),
        current: true,
      },
    ]);
  });
});

test('a session whose last token has expired is listed no more', async () => {
  const { sessionId = '' } = signIn();
  now = signedInAt + tokenLifetimeMs;
  expect(await sessions.of(caller(sessionId))).toEqual([]);
});
