import { describe, expect, it } from 'vitest';
import type { ConversationStore } from '../stores/conversation-store.ts';
import type { MemberStore } from '../stores/member-store.ts';
import { ConversationGone, ConversationStates, MembersAmong } from './conversation-states.ts';
import { newHead } from './new-conversation.ts';

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

describe('the members of conversations', () => {
  let reads = 0;
  let membersVersion = 1;
  const conversations: Pick<ConversationStore, 'head'> = {
    head: async (id) => {
      if (id === 'cnv_gone') return undefined;
      return { ...newHead(id, 'GROUP', '', '', { memberCount: 1, adminCount: 1 }), membersVersion };
    },
  };
  const memberRows: Pick<MemberStore, 'all'> = {
    all: async () => {
      reads += 1;
      return [alice];
    },
  };
  const newStates = () =>
    new ConversationStates(conversations as ConversationStore, memberRows as MemberStore); // All that it uses.

  async function readsFor(states: ConversationStates, conversationId: string): Promise<number> {
    reads = 0;
    await states.read(conversationId, new Set());
    return reads;
  }

  it('are read once for each version', async () => {
    const states = newStates();
    expect(await readsFor(states, 'cnv_1')).toBe(1);
    expect(await readsFor(states, 'cnv_1')).toBe(0);
    membersVersion += 1;
    expect(await readsFor(states, 'cnv_1')).toBe(1);
    expect(await readsFor(states, 'cnv_1')).toBe(0);
  });

  it('are remembered of a thousand conversations, those used last', async () => {
    const states = newStates();
    for (let index = 0; index < 1_000; index += 1) await states.read(`cnv_${index}`, new Set());
    expect(await readsFor(states, 'cnv_0')).toBe(0);
    expect(await readsFor(states, 'cnv_new')).toBe(1);
    expect(await readsFor(states, 'cnv_0')).toBe(0);
    expect(await readsFor(states, 'cnv_1')).toBe(1);
  });

  it('are none where the conversation is gone, which says its id', async () => {
    const gone = newStates().read('cnv_gone', new Set());
    await expect(gone).rejects.toThrow(ConversationGone);
    await expect(gone).rejects.toThrow('cnv_gone');
  });
});
