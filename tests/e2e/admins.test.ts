import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation, Member } from '../../shared/protocol/entities.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

let parley: Parley;
let alice: Person;
let bob: Person;
let carol: Person;
let stranger: Person;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  carol = await parley.register('carol');
  stranger = await parley.register('stranger');
});
afterAll(() => parley?.close());

const path = (id: string, member: Person) => `/conversations/${id}/members/${member.id}`;
const setRole = (caller: Person, id: string, member: Person, role: string) =>
  caller.api.patch(path(id, member), { role });
const remove = (caller: Person, id: string, member: Person) => caller.api.delete(path(id, member));

async function roles(id: string, asSeenBy: Person): Promise<Record<string, string>> {
  const { body } = await asSeenBy.api.get<Conversation & { members: Member[] }>(`/conversations/${id}`);
  expect(body.memberCount).toBe(body.members.length);
  return Object.fromEntries(body.members.map(({ username, role }) => [username, role]));
}

describe('roles', () => {
  test('are given by an admin and told to the one they are given to', async () => {
    const id = await alice.group('Promotion', bob, carol);
    const socket = await bob.connect();
    expect((await setRole(alice, id, bob, 'admin')).status).toBe(200);
    expect(await roles(id, carol)).toEqual({ alice: 'admin', bob: 'admin', carol: 'member' });
    const { conversation } = await socket.next(
      'conversation',
      (event) => event.conversation.role === 'admin',
    );
    expect(conversation.conversationId).toBe(id);

    // Bob may do now what an admin may.
    expect((await bob.api.patch(`/conversations/${id}`, { title: 'Renamed by Bob' })).status).toBe(200);
    expect((await setRole(bob, id, alice, 'member')).status).toBe(200);
    expectProblem(await alice.api.patch(`/conversations/${id}`, { title: 'No more' }), 'FORBIDDEN');
  });

  test('are not for members to give, nor for strangers', async () => {
    const id = await alice.group('No coup', bob, carol);
    expectProblem(await setRole(bob, id, bob, 'admin'), 'FORBIDDEN');
    expectProblem(await setRole(bob, id, alice, 'member'), 'FORBIDDEN');
    expectProblem(await setRole(stranger, id, stranger, 'admin'), 'NOT_FOUND');
    expect(await roles(id, alice)).toEqual({ alice: 'admin', bob: 'member', carol: 'member' });
  });

  test('are admin or member, of someone who is one', async () => {
    const id = await alice.group('Bad roles', bob);
    expectProblem(await setRole(alice, id, bob, 'owner'), 'BAD_REQUEST');
    expectProblem(await alice.api.patch(path(id, bob), {}), 'BAD_REQUEST');
    expectProblem(await alice.api.patch(path(id, bob), { role: 'admin', title: 'x' }), 'BAD_REQUEST');
    expectProblem(await setRole(alice, id, stranger, 'admin'), 'NOT_FOUND');
  });

  test('given once more change nothing', async () => {
    const id = await alice.group('Again', bob);
    expect((await setRole(alice, id, bob, 'member')).status).toBe(200);
    expect((await setRole(alice, id, alice, 'admin')).status).toBe(200);
    expect(await roles(id, bob)).toEqual({ alice: 'admin', bob: 'member' });
  });
});

describe('the last admin', () => {
  test('cannot step down or leave while others remain', async () => {
    const id = await alice.group('Headless', bob);
    expectProblem(await setRole(alice, id, alice, 'member'), 'CONFLICT');
    expectProblem(await remove(alice, id, alice), 'CONFLICT');
    expect(await roles(id, bob)).toEqual({ alice: 'admin', bob: 'member' });
  });

  test('can once there is another', async () => {
    const id = await alice.group('Succession', bob);
    await setRole(alice, id, bob, 'admin');
    expect((await remove(alice, id, alice)).status).toBe(204);
    expect(await roles(id, bob)).toEqual({ bob: 'admin' });
    expectProblem(await alice.api.get(`/conversations/${id}`), 'NOT_FOUND');
  });

  test('can leave when alone', async () => {
    const id = await alice.group('Alone');
    expect((await remove(alice, id, alice)).status).toBe(204);
    expectProblem(await alice.api.get(`/conversations/${id}`), 'NOT_FOUND');
  });

  test('remains when all admins step down at once', async () => {
    const id = await alice.group('Race', bob, carol);
    await setRole(alice, id, bob, 'admin');
    const answers = await Promise.all([
      setRole(alice, id, alice, 'member'),
      setRole(bob, id, bob, 'member'),
      remove(alice, id, alice),
      remove(bob, id, bob),
    ]);
    for (const { status } of answers) expect(status).toBeOneOf([200, 204, 403, 404, 409]);
    expect(Object.values(await roles(id, carol))).toContain('admin');
  });
});

describe('removing', () => {
  test('is for admins; anyone may leave', async () => {
    const id = await alice.group('Leaving', bob, carol);
    expectProblem(await remove(bob, id, carol), 'FORBIDDEN');
    expectProblem(await remove(bob, id, alice), 'FORBIDDEN');
    expectProblem(await remove(stranger, id, carol), 'NOT_FOUND');
    expectProblem(await remove(alice, id, stranger), 'NOT_FOUND');
    const left = await remove(bob, id, bob);
    expect(left.status).toBe(204);
    expect(left.body).toBeUndefined();
    expect((await remove(alice, id, carol)).status).toBe(204);
    expectProblem(await remove(alice, id, carol), 'NOT_FOUND');
    expect(await roles(id, alice)).toEqual({ alice: 'admin' });
  });

  test('who was removed can be added again, as a member', async () => {
    const id = await alice.group('Back again', bob);
    await setRole(alice, id, bob, 'admin');
    await remove(alice, id, bob);
    await alice.api.post(`/conversations/${id}/members`, { userIds: [bob.id] });
    expect(await roles(id, bob)).toEqual({ alice: 'admin', bob: 'member' });
  });
});
