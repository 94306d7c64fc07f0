import { expect, test } from 'vitest';
import { newMessageId } from '../src/message-id.ts';

const now = Date.parse('2026-11-24T10:00:00.000Z');

test('is a UUIDv7 with its time in front', () => {
  const id = newMessageId(now);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.slice(0, 13).replace('-', ''), 16)).toBe(now);
});

test('later ones sort after earlier ones, and no two are the same', () => {
  const ids = [0, 1, 2, 1_000, 10_000_000_000].map((later) => newMessageId(now + later));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(Array.from({ length: 1_000 }, () => newMessageId(now))).size).toBe(1_000);
});
