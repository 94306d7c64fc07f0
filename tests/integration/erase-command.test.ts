/** `npm run erase`, against a running Parley. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';
import { runScript } from '../support/script.ts';

let parley: Parley;
let alice: Person;
let carol: Person;
beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  carol = await parley.register('carol');
});
afterAll(() => parley?.close());

const erase = (...options: string[]) =>
  runScript('erase.ts', options, { PARLEY_DATA: parley.runtime.dataDirectory });

test('an operator erases somebody by name, follows it to its end, and finds it in the list', {
  timeout: 150_000,
}, async () => {
  const group = await alice.group('Two', carol);
  const [hers, carols] = [await alice.connect(), await carol.connect()];
  await hers.message(await carols.say(group, 'What Carol said'));

  const outcome = await erase('--user', 'Carol', '--yes');
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  expect(outcome.stdout).toMatch(
    /^carol \(usr_\S+\) of .*: the account has ended, and nobody can take the username for 90 days\.\n/,
  );
  expect(outcome.stdout).toMatch(/\nErased at \S+Z\. [^\n]+\n$/);
  await carols.closed;
  expectProblem(await carol.api.get('/users/me'), 'UNAUTHENTICATED');
  await hers.next('messageChanged', ({ messages }) => messages[0]?.content === '');

  const list = await erase('--list');
  expect(list.stdout).toMatch(new RegExp(`^${carol.id}  asked \\S+  finished \\S+\n1 erased.\n$`));
});

test('who was erased before is erased again by id, or with everybody else', async () => {
  const dora = await parley.register('dora');
  expect((await dora.erase()).status).toBe(202);
  expect(await erase('--id', dora.id, '--yes', '--no-wait')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^usr_\S+ of .*: the account has ended.*\nThe rest is erased in the background/,
    ),
  });
  const again = await erase('--again', '--yes');
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(again.stdout).toContain(`${dora.id}: is erased again, in the background\n`);
});

test('nobody is erased by mistake', async () => {
  const sentence = (text: string) => ({ code: 1, stdout: '', stderr: expect.stringContaining(text) });
  expect(await erase('--user', 'alice')).toEqual(sentence('add --yes'));
  expect(await erase('--user', 'nobody', '--yes')).toEqual(sentence('There is no user "nobody"'));
  expect(await erase('--id', 'usr_none', '--yes')).toEqual(sentence('There is no user usr_none'));
  expect(await erase('--user', 'alice', '--again')).toEqual(sentence('Whom?'));
  expect(await erase('--user', 'alice', '--from', 'x')).toEqual(sentence('--from goes with --again'));
  expect(await erase('--everybody')).toEqual(sentence('--everybody'));
  expect((await alice.api.get('/users/me')).status).toBe(200);
});
