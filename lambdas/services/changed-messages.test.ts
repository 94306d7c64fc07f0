import { expect, test } from 'vitest';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ChangePlace, ChangeStore } from '../stores/change-store.ts';
import type { MessageStore } from '../stores/message-store.ts';
import { ChangedMessages } from './changed-messages.ts';

function message(seq: number, revision: number, content = 'hello'): Message {
  return {
    conversationId: 'cnv_1',
    seq,
    messageId: `m${seq}`,
    senderId: 'usr_a',
    type: 'text',
    content,
    createdAt: '2026-11-24T10:00:00.000Z',
    revision,
  };
}

/** Answers each look at the changes by the next page, and messages as they are. */
function newChanged(
  pages: { places: [seq: number, revision: number][]; more?: boolean }[],
  messages: Message[],
) {
  const asked: number[][] = [];
  let looks = 0;
  const changes: Pick<ChangeStore, 'after'> = {
    after: async () => {
      const { places = [], more = false } = pages[Math.min(looks, pages.length - 1)] ?? {};
      looks += 1;
      const found = places.map(
        ([seq, revision]): ChangePlace => ({ conversationId: 'cnv_1', seq, revision }),
      );
      return { places: found, more };
    },
  };
  const store: Pick<MessageStore, 'messages'> = {
    messages: async (_, seqs) => {
      asked.push([...seqs]);
      return new Map(messages.filter(({ seq }) => seqs.includes(seq)).map((one) => [one.seq, one]));
    },
  };
  const changed = new ChangedMessages(changes as ChangeStore, store as MessageStore); // All that it uses.
  return { changed, asked, looks: () => looks };
}

test('messages come by revision, as they are now', async () => {
  const messages = [message(1, 3), message(2, 2)];
  const { changed } = newChanged(
    [
      {
        places: [
          [2, 2],
          [1, 3],
        ],
      },
    ],
    messages,
  );
  expect(await changed.after('cnv_1', 1, 10)).toEqual({ messages: [messages[1], messages[0]], more: false });
});

test('that there are more is passed on', async () => {
  const { changed } = newChanged([{ places: [[1, 1]], more: true }], [message(1, 1)]);
  expect(await changed.after('cnv_1', 0, 1)).toMatchObject({ more: true });
});

test('one that changed while it was read is left out, for it stands further on', async () => {
  const messages = [message(1, 5), message(2, 2)];
  const { changed, asked } = newChanged(
    [
      {
        places: [
          [1, 1],
          [2, 2],
          [1, 4],
        ],
      },
    ],
    messages,
  );
  expect(await changed.after('cnv_1', 0, 10)).toEqual({ messages: [messages[1]], more: true });
  expect(asked).toEqual([[1, 2]]);
});

test('a page of which all has changed is read again, five times at most', async () => {
  const messages = [message(1, 9)];
  const moved = { places: [[1, 1]] as [number, number][] };
  const once = newChanged([moved, { places: [[1, 9]] }], messages);
  expect(await once.changed.after('cnv_1', 0, 10)).toEqual({ messages, more: false });
  expect(once.looks()).toBe(2);
  const always = newChanged([moved], messages);
  expect(await always.changed.after('cnv_1', 0, 10)).toEqual({ messages: [], more: true });
  expect(always.looks()).toBe(5);
  const nothing = newChanged([{ places: [] }], []);
  expect(await nothing.changed.after('cnv_1', 0, 10)).toEqual({ messages: [], more: false });
  expect(nothing.looks()).toBe(1);
});

test('large messages are read twenty at a time, and no more of them than fit', async () => {
  const messages = Array.from({ length: 50 }, (_, index) => message(index + 1, index + 1, 'x'.repeat(1_000)));
  const places = messages.map(({ seq }): [number, number] => [seq, seq]);
  const few = newChanged([{ places }], messages);
  const page = await few.changed.after('cnv_1', 0, 50, 10_000);
  expect([page.messages.length, page.more, few.asked.length]).toEqual([20, true, 1]);
  const all = newChanged([{ places }], messages);
  expect(await all.changed.after('cnv_1', 0, 50, 1_000_000)).toEqual({ messages, more: false });
  expect(all.asked.map((seqs) => seqs.length)).toEqual([20, 20, 10]);
});
