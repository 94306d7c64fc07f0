import { expect, test } from 'vitest';
import type { InvocationReport } from '../lambda/lambda-pool.ts';
import { InvocationStore } from './invocation-store.ts';

function report(invocationId: string, changes: Partial<InvocationReport> = {}): InvocationReport {
  return {
    functionName: 'Send',
    invocationId,
    durationMilliseconds: 4,
    waitMilliseconds: 1,
    coldStart: false,
    functionError: undefined,
    awsCalls: {},
    ...changes,
  };
}

function line(invocationId: string, text: string) {
  return { functionName: 'Send', stream: 'stdout' as const, line: text, invocationId };
}

const idsOf = (store: InvocationStore, filter = {}, limit = 100) =>
  store.page(filter, limit).items.map(({ invocationId }) => invocationId);

test('lines and the report of an invocation come together, whichever is first', () => {
  const store = new InvocationStore();
  store.addReport('send', report('one'), 1000);
  store.addLine('send', line('one', 'late'), 1001);
  store.addLine('send', line('two', 'early'), 1002);
  expect(store.page({}, 10).items).toMatchObject([
    { invocationId: 'two', log: [{ line: 'early' }] },
    { invocationId: 'one', durationMilliseconds: 4, log: [{ line: 'late' }] },
  ]);
  expect(store.page({}, 10).items[0]?.durationMilliseconds).toBeUndefined();
});

test('is asked by function, id, message, conversation and failure', () => {
  const store = new InvocationStore();
  store.addLine('send', line('one', '{"requestId":"r=","messageId":"m1","conversationId":"c"}'), 0);
  store.addLine('deliver', line('two', '{"stored":[{"conversationId":"c","messageId":"m1","seq":1}]}'), 0);
  store.addLine('deliver', line('three', '{"level":"ERROR","messageId":"m12"}'), 0);
  store.addReport('connect', report('four', { functionError: { errorType: 'E', errorMessage: 'm' } }), 0);
  expect(idsOf(store, { function: 'deliver' })).toEqual(['three', 'two']);
  expect(idsOf(store, { messageId: 'm1' })).toEqual(['two', 'one']);
  expect(idsOf(store, { conversationId: 'c', function: 'send' })).toEqual(['one']);
  expect(idsOf(store, { requestId: 'r=' })).toEqual(['one']);
  expect(idsOf(store, { requestId: 'two' })).toEqual(['two']);
  expect(idsOf(store, { failed: true })).toEqual(['four', 'three']);
  expect(idsOf(store, { messageId: 'm' })).toEqual([]);
});

test('pages meet without a gap, also while new ones come', () => {
  const store = new InvocationStore();
  for (let index = 0; index < 5; index += 1) store.addReport('send', report(`i${index}`), 0);
  const first = store.page({}, 2);
  store.addReport('send', report('new'), 0);
  const second = store.page({}, 10, first.nextBefore ?? 0);
  expect(first.items.map(({ invocationId }) => invocationId)).toEqual(['i4', 'i3']);
  expect(second.items.map(({ invocationId }) => invocationId)).toEqual(['i2', 'i1', 'i0']);
  expect(second.nextBefore).toBeNull();
});

test('keeps a bounded number of invocations, of lines and of characters', () => {
  const store = new InvocationStore();
  for (let index = 0; index < 3000; index += 1) store.addReport('send', report(`i${index}`), 0);
  expect(idsOf(store, {}, 5000)).toHaveLength(1000);
  expect(idsOf(store, {}, 1)).toEqual(['i2999']);
  for (let count = 0; count < 1000; count += 1) store.addLine('send', line('i2999', 'w'), 0);
  expect(store.page({}, 1).items[0]?.log).toHaveLength(200);
  store.addLine('send', line('long', 'x'.repeat(100_000)), 0);
  const [loud] = store.page({}, 1).items;
  expect(loud?.log[0]?.line).toHaveLength(50_001);
  for (let index = 0; index < 1000; index += 1)
    store.addLine('send', line(`j${index}`, 'y'.repeat(40_000)), 0);
  expect(idsOf(store, {}, 5000).length).toBeLessThanOrEqual(100);
});
