import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

let parley: Parley;
let alice: Person;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
});
afterAll(() => parley?.close());

test('health tells the version to anyone', async () => {
  const answer = await parley.api().get<{ status: string; version: string }>('/health');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
  expect(answer.body).toEqual({ status: 'ok', version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
});

describe('what does not exist is a problem document', () => {
  test.each([
    ['GET', '/'],
    ['GET', '/nothing'],
    ['GET', '/users/me/nothing'],
    ['GET', '/conversations/a/b/c/d'],
    ['POST', '/health'],
    ['DELETE', '/health'],
    ['PUT', '/users'],
    ['DELETE', '/conversations'],
    ['PATCH', '/messages'],
    ['GET', '/login'],
    ['GET', '/token'],
  ])('%s %s', async (method, path) => {
    expectProblem(await alice.api.call(method, path), 'NOT_FOUND');
    expectProblem(await parley.api().call(method, path), 'NOT_FOUND');
  });
});

describe('who is not signed in learns nothing', () => {
  const routes: [method: string, path: string, body?: unknown][] = [
    ['GET', '/users/me'],
    ['PATCH', '/users/me', { displayName: 'A' }],
    ['DELETE', '/users/me', { password: 'aaaaaaaa' }],
    ['GET', '/users/me/sessions'],
    ['DELETE', '/users/me/sessions/current'],
    ['PUT', '/users/me/password', { currentPassword: 'aaaaaaaa', newPassword: 'bbbbbbbb' }],
    ['POST', '/logout'],
    ['POST', '/token'],
    ['GET', '/users?username=alice'],
    ['POST', '/conversations', { type: 'DM', memberIds: ['usr_a'] }],
    ['GET', '/conversations'],
    ['GET', '/conversations/cnv_a'],
    ['PATCH', '/conversations/cnv_a', { title: 'A' }],
    ['GET', '/conversations/cnv_a/members'],
    ['POST', '/conversations/cnv_a/members', { userIds: ['usr_a'] }],
    ['PATCH', '/conversations/cnv_a/members/usr_a', { role: 'admin' }],
    ['DELETE', '/conversations/cnv_a/members/usr_a'],
    ['PATCH', '/conversations/cnv_a/settings', { pinned: true }],
    ['PUT', '/conversations/cnv_a/read', { seq: 1 }],
    ['GET', '/messages?conversationId=cnv_a'],
    ['POST', '/messages', { conversationId: 'cnv_a', messageId: 'm1', content: 'hello' }],
  ];

  test.each(routes)('%s %s', async (method, path, body) => {
    expectProblem(await parley.api().call(method, path, body), 'UNAUTHENTICATED');
    expectProblem(await parley.api('nonsense').call(method, path, body), 'UNAUTHENTICATED');
    // Not even whether the request would have been well formed.
    expectProblem(
      await parley.api().raw(method, path, method === 'GET' ? undefined : '{'),
      'UNAUTHENTICATED',
    );
  });

  test('the token must come as a bearer token', async () => {
    for (const authorization of [alice.token, `Basic ${alice.token}`, 'Bearer', `Bearer ${alice.token} x`]) {
      const answer = await parley.api().raw('GET', '/users/me', undefined, { authorization });
      expectProblem(answer, 'UNAUTHENTICATED');
    }
    const spelled = { authorization: `bearer ${alice.token}` };
    expect((await parley.api().raw('GET', '/users/me', undefined, spelled)).status).toBe(200);
  });

  test('a token in the query string is not one', async () => {
    expectProblem(await parley.api().get('/users/me', { token: alice.token }), 'UNAUTHENTICATED');
    expectProblem(await parley.api().get('/users/me', { access_token: alice.token }), 'UNAUTHENTICATED');
  });
});

test('each problem names its own request', async () => {
  const first = await alice.api.get('/nothing');
  const second = await alice.api.get('/nothing');
  expect(first.body.requestId).not.toBe(second.body.requestId);
});
