import { afterAll, beforeAll, expect, test } from 'vitest';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

let parley: Parley;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
});
afterAll(() => parley?.close());

const login = (username: string, password: string) => parley.api().post('/login', { username, password });

test('after ten failures for a username even the right password has to wait', async () => {
  for (let failure = 1; failure <= 10; failure += 1) {
    expectProblem(await login('alice', `guess number ${failure}`), 'UNAUTHENTICATED');
  }
  const refused = await login('alice', alice.password);
  expectProblem(refused, 'RATE_LIMITED');
  const retryAfter = Number(refused.headers.get('retry-after'));
  expect(retryAfter).toBeGreaterThan(0);
  expect(retryAfter).toBeLessThanOrEqual(15 * 60);

  // Neither those who are signed in nor other people are shut out.
  expect((await alice.api.get('/users/me')).status).toBe(200);
  expect((await login('bob', bob.password)).status).toBe(200);
});

test('a username that nobody has is counted like any other', async () => {
  for (let failure = 1; failure <= 10; failure += 1) {
    expectProblem(await login('nobody', `guess number ${failure}`), 'UNAUTHENTICATED');
  }
  expectProblem(await login('nobody', 'guess number 11'), 'RATE_LIMITED');
});

test('many guesses at once do not slip through', async () => {
  const guesses = Array.from({ length: 16 }, (_, index) => login('somebody', `guess number ${index}`));
  const statuses = (await Promise.all(guesses)).map((answer) => answer.status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(6);
});

test('a login that succeeds forgives the failures before it', async () => {
  for (let round = 0; round < 2; round += 1) {
    for (let failure = 1; failure <= 9; failure += 1) {
      expectProblem(await login('bob', `guess number ${failure}`), 'UNAUTHENTICATED');
    }
    expect((await login('bob', bob.password)).status).toBe(200);
  }
});

test('guesses of others keep nobody who is signed in from changing the password', async () => {
  const carol = await parley.register('carol');
  for (let failure = 1; failure <= 10; failure += 1) {
    expectProblem(await login('carol', `guess number ${failure}`), 'UNAUTHENTICATED');
  }
  expectProblem(await login('carol', carol.password), 'RATE_LIMITED');
  const change = { currentPassword: carol.password, newPassword: 'what nobody has guessed' };
  expect((await carol.api.put('/users/me/password', change)).status).toBe(200);
});

test('a stolen token is no way to guess the password, and such guesses shut nobody out', async () => {
  const dave = await parley.register('dave');
  const change = (currentPassword: string) =>
    dave.api.put('/users/me/password', { currentPassword, newPassword: 'what the thief would like' });
  for (let failure = 1; failure <= 10; failure += 1) {
    expectProblem(await change(`guess number ${failure}`), 'UNAUTHENTICATED');
  }
  expectProblem(await change(dave.password), 'RATE_LIMITED');
  expect((await login('dave', dave.password)).status).toBe(200);
});
