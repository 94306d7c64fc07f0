import * as v from 'valibot';
import { expect, test } from 'vitest';
import { OfflineMessage, offlineMessageEvent } from './offline-message.ts';

test('the event is called what rules select by', () => {
  expect(offlineMessageEvent).toEqual({ source: 'parley', detailType: 'MessageForOfflineMember' });
});

test('it names the message and at least one member, and holds no content', () => {
  const event = {
    version: 1,
    conversationId: 'cnv_1',
    seq: 1,
    messageId: 'm1',
    senderId: 'usr_a',
    createdAt: '2026-11-24T10:00:00.000Z',
    memberIds: ['usr_b'],
  };
  expect(v.parse(OfflineMessage, { ...event, content: 'secret' })).toEqual(event);
  expect(v.is(OfflineMessage, { ...event, memberIds: [] })).toBe(false);
  expect(v.is(OfflineMessage, { ...event, version: 2 })).toBe(false);
  for (const name of Object.keys(event))
    expect(v.is(OfflineMessage, { ...event, [name]: undefined })).toBe(false);
});
