import { describe, expect, it } from 'vitest';
import { MembersAmong } from './conversation-states.ts';

const alice = {
  conversationId: 'cnv_1',
  userId: 'usr_alice',
  role: 'member' as const,
  joinedAt: '2026-01-01T00:00:00.000Z',
  joinedSeq: 0,
};

describe('members among the users asked for', () => {
  const members = new MembersAmong(new Set(['usr_alice', 'usr_bob']), [alice]);

  it('knows who is a member and who is not', () => {
    expect(members.get('usr_alice')).toEqual(alice);
    expect(members.has('usr_alice')).toBe(true);
    expect(members.has('usr_bob')).toBe(false);
  });

  it('refuses to say that anyone else is no member', () => {
    expect(() => members.has('usr_carol')).toThrow('Whether usr_carol is a member was not read');
    expect(() => members.get('usr_carol')).toThrow('Whether usr_carol is a member was not read');
  });
});
