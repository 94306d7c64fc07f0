/** `npm run block`, against a running Parley. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newMessageId } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

const script = join(import.meta.dirname, '../../scripts/block.ts');

let parley: Parley;
let alice: Person;
beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
});
afterAll(() => parley?.close());

type Outcome = { code: number; stdout: string; stderr: string };

function block(...options: string[]): Promise<Outcome> {
  const env = { ...process.env, PARLEY_DATA: parley.runtime.dataDirectory };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...options], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

const logIn = (person: Person, password = person.password) =>
  parley.api().post('/login', { username: person.user.username, password });

test('a blocked user is out at once, on every way in, and nobody else notices', async () => {
  const mallory = await parley.register('mallory');
  const conversationId = await mallory.dm(alice);
  const sockets = [await mallory.connect(), await mallory.connect()];
  const alices = await alice.connect();

  expect(await block('--user', 'Mallory')).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^mallory \(usr_\S+\) of .* is blocked: their sessions and connections have ended\.\n$/,
    ),
    stderr: '',
  });
  await Promise.all(sockets.map((socket) => socket.closed));
  expectProblem(await mallory.api.get('/users/me'), 'UNAUTHENTICATED');
  expectProblem(
    await mallory.api.post('/messages', { conversationId, messageId: newMessageId(), content: 'Let me in' }),
    'UNAUTHENTICATED',
  );
  await expect(mallory.connect()).rejects.toThrow('refused with 401');
  expectProblem(await logIn(mallory), 'FORBIDDEN');
  await alices.heartbeat();
});

test('who does not know the password does not learn that an account is blocked', async () => {
  const oscar = await parley.register('oscar');
  await block('--user', 'oscar');
  expectProblem(await logIn(oscar, 'not their password'), 'UNAUTHENTICATED');
});

test('blocking again does no harm, and one who is let in again logs in anew: tokens of before stay refused', async () => {
  const eve = await parley.register('eve');
  await block('--user', 'eve');
  expect((await block('--user', 'eve')).code).toBe(0);
  expect(await block('--user', 'eve', '--unblock')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^eve .* may log in again\.\n$/),
  });
  expectProblem(await eve.api.get('/users/me'), 'UNAUTHENTICATED');
  expect((await logIn(eve)).status).toBe(200);
});

test('nobody, and no user, are mistakes that are said in a sentence', async () => {
  expect(await block('--user', 'nobody')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^There is no user "nobody" in .*\.\n$/),
  });
  expect(await block()).toMatchObject({ code: 1, stderr: expect.stringContaining('--user <username>') });
});
