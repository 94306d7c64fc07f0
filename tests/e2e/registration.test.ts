import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scryptLine } from '../support/counted-passwords.ts';
import { Parley } from '../support/parley.ts';
import type { Person, SignedIn } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

let parley: Parley;
let alice: Person;

beforeAll(async () => {
  // The password hash at its real cost here.
  parley = await Parley.start({ preload: ['counted-passwords'] });
  alice = await parley.register('alice');
});
afterAll(() => parley?.close());

const register = (body: object) => parley.api().post<SignedIn>('/users', body);
const login = (username: string, password: string) =>
  parley.api().post<SignedIn>('/login', { username, password });

describe('registering', () => {
  test('answers the profile and a token that works', async () => {
    const answer = await register({ username: 'Bob_2.x-y', password: 'correct horse' });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      user: {
        userId: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
        username: 'bob_2.x-y',
        displayName: expect.stringMatching(/^bob_2\.x-y$/i),
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
      token: expect.any(String),
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(Date.parse(answer.body.expiresAt)).toBeGreaterThan(Date.now());
    expect((await parley.api(answer.body.token).get('/users/me')).body).toEqual(answer.body.user);
  });

  test('a taken username is a conflict, in whatever case it is written', async () => {
    expectProblem(await register({ username: 'alice', password: 'correct horse' }), 'CONFLICT');
    expectProblem(await register({ username: 'ALICE', password: 'correct horse' }), 'CONFLICT');
    expect((await login('alice', alice.password)).status).toBe(200);
  });

  test('of many who want one username at once, one gets it', async () => {
    const body = { username: 'wanted', password: 'correct horse' };
    const answers = await Promise.all([register(body), register(body), register(body)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409]);
  });

  test.each([
    ['no username', { password: 'correct horse' }],
    ['no password', { username: 'carol' }],
    ['a short username', { username: 'ab', password: 'correct horse' }],
    ['a long username', { username: 'a'.repeat(33), password: 'correct horse' }],
    ['a username with a space', { username: 'ca rol', password: 'correct horse' }],
    ['a username with other letters', { username: 'càrol', password: 'correct horse' }],
    [
      'a username with what becomes a letter in lower case',
      { username: '\u212Aate', password: 'correct horse' },
    ],
    ['a username that is a number', { username: 12345, password: 'correct horse' }],
    ['a short password', { username: 'carol', password: '1234567' }],
    ['a long password', { username: 'carol', password: 'p'.repeat(129) }],
    ['a password that is a list', { username: 'carol', password: ['correct horse'] }],
    ['an empty displayName', { username: 'carol', password: 'correct horse', displayName: '' }],
    ['a long displayName', { username: 'carol', password: 'correct horse', displayName: 'c'.repeat(65) }],
    ['an unknown field', { username: 'carol', password: 'correct horse', isAdmin: true }],
  ])('%s is refused', async (_, body) => {
    expectProblem(await register(body), 'BAD_REQUEST');
  });

  test.each([
    ['a common password', 'Password1', 'password: must not be one of the most common passwords.'],
    ['the username as password', 'carol.carol', 'password: must not be the username, or little more.'],
    ['little more than the username', 'carol.carol!', 'password: must not be the username, or little more.'],
  ])('%s is refused, and the answer says what to do', async (_, password, reason) => {
    const answer = await register({ username: 'carol.carol', password });
    expectProblem(answer, 'BAD_REQUEST');
    expect(answer.body).toMatchObject({ detail: `${reason} Several words in a row make a good one.` });
  });

  test('passwords are counted in characters, not in UTF-16 units', async () => {
    expectProblem(await register({ username: 'emoji', password: '🔑'.repeat(7) }), 'BAD_REQUEST');
    expect((await register({ username: 'emoji', password: '🔑'.repeat(128) })).status).toBe(201);
    expect((await login('emoji', '🔑'.repeat(128))).status).toBe(200);
  });
});

describe('logging in', () => {
  test('answers the profile and a token', async () => {
    const answer = await login('Alice', alice.password);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      user: alice.user,
      token: expect.any(String),
      expiresAt: expect.any(String),
    });
    expect((await parley.api(answer.body.token).get('/users/me')).body).toEqual(alice.user);
  });

  test('an unknown user and a wrong password get the same answer after the same work', async () => {
    const observed = async (username: string) => {
      const lines = parley.logLines.length;
      const reports = parley.invocations.length;
      const answer = await login(username, 'not the password');
      expectProblem(answer, 'UNAUTHENTICATED');
      const { requestId: _, ...body } = { ...answer.body, requestId: '' };
      return {
        body,
        headers: [...answer.headers.keys()].sort(),
        hashes: parley.logLines.slice(lines).filter((line) => line.includes(scryptLine)),
        calls: parley.invocations
          .slice(reports)
          .map(({ functionName, awsCalls }) => [functionName, awsCalls]),
      };
    };
    const wrongPassword = await observed('alice');
    expect(wrongPassword.hashes).toHaveLength(1);
    expect(await observed('nobody-of-that-name')).toEqual(wrongPassword);
  });

  test.each([
    ['no password', { username: 'alice' }],
    ['a password that is an object', { username: 'alice', password: { $ne: '' } }],
    ['an unknown field', { username: 'alice', password: 'correct horse', remember: true }],
  ])('%s is malformed', async (_, body) => {
    expectProblem(await parley.api().post('/login', body), 'BAD_REQUEST');
  });
});

test('no log line tells a password or a token', () => {
  expect(parley.leaks()).toEqual([]);
});
