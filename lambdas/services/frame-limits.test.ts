import { expect, test } from 'vitest';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { FrameLimits } from './frame-limits.ts';

const caller = { userId: 'usr_1', connectionId: 'c1' };
const malformed = new ParleyError('BAD_REQUEST', 'This is not JSON.');
const refusal = new ParleyError('RATE_LIMITED', 'Too many requests', { retryAfterMs: 100 });

/** What was done, in order; `fails` names what throws. */
function made({ actionsLeft = 1, refusalsLeft = 1, fails = {} as Record<string, Error> } = {}) {
  const done: string[] = [];
  const act = (what: string) => {
    done.push(what);
    const error = fails[what];
    if (error !== undefined) throw error;
  };
  const limits = new FrameLimits(
    {
      take: async (name, userId) => {
        act(`take ${name} ${userId}`);
        if (actionsLeft === 0) throw refusal;
      },
      takeRefusal: async (connectionId) => {
        act(`refusal ${connectionId}`);
        return refusalsLeft > 0;
      },
    },
    {
      close: async (connectionId) => {
        act(`close ${connectionId}`);
        return 'closed';
      },
    },
    (what) => done.push(what),
  );
  return { limits, done };
}

test('a malformed frame counts as an action, and is answered as one', async () => {
  const { limits, done } = made();
  expect(await limits.failed(malformed, caller)).toBe(malformed);
  const tooLarge = new ParleyError('PAYLOAD_TOO_LARGE', 'At most 32768 bytes are taken.');
  expect(await limits.failed(tooLarge, caller)).toBe(tooLarge);
  expect(done).toEqual(['take actions usr_1', 'take actions usr_1']);
});

test('with no action left it is refused, which counts for its socket', async () => {
  const { limits, done } = made({ actionsLeft: 0 });
  expect(await limits.failed(malformed, caller)).toBe(refusal);
  expect(done).toEqual(['take actions usr_1', 'refusal c1']);
});

test('one refusal too many closes the socket', async () => {
  const { limits, done } = made({ refusalsLeft: 0 });
  expect(await limits.failed(refusal, caller)).toBe(refusal);
  expect(done).toEqual(['refusal c1', 'connection closed after too many refusals', 'close c1']);
});

test.each(['NOT_FOUND', 'FORBIDDEN', 'UNAVAILABLE'] as const)('%s counts for nothing', async (code) => {
  const { limits, done } = made();
  const error = new ParleyError(code, '');
  expect(await limits.failed(error, caller)).toBe(error);
  const bug = new TypeError('a bug');
  expect(await limits.failed(bug, caller)).toBe(bug);
  expect(done).toEqual([]);
});

test('a socket whose session has ended is closed', async () => {
  const { limits, done } = made();
  const ended = new ParleyError('UNAUTHENTICATED', 'Sign in again.');
  expect(await limits.failed(ended, caller)).toBe(ended);
  expect(done).toEqual(['connection closed: its session has ended', 'close c1']);
});

test('that a socket cannot be closed, or a refusal not counted, changes no answer', async () => {
  for (const what of ['refusal c1', 'close c1']) {
    const { limits, done } = made({ refusalsLeft: 0, fails: { [what]: new Error('throttled') } });
    expect(await limits.failed(refusal, caller)).toBe(refusal);
    expect(done.at(-1)).toMatch(/could not be/);
  }
});

test('where the table cannot be asked, that is the answer: nothing goes uncounted', async () => {
  const down = new Error('ECONNREFUSED');
  const { limits } = made({ fails: { 'take actions usr_1': down } });
  expect(await limits.failed(malformed, caller)).toBe(down);
});
