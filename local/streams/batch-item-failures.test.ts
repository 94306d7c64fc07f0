import { describe, expect, test } from 'vitest';
import { itemFailures } from './batch-item-failures.ts';

const batch = new Set(['1', '2', '3']);
const answer = (payload: unknown, reports = true) => itemFailures({ payload }, batch, reports);

describe('what counts as success', () => {
  test.each([
    ['no answer', null],
    ['undefined', undefined],
    ['an empty answer', {}],
    ['an empty list', { batchItemFailures: [] }],
    ['a null list', { batchItemFailures: null }],
    ['an HTTP-like error', { statusCode: 500 }],
    ['text', 'failed'],
    ['a list under another name', { failures: [{ itemIdentifier: '1' }] }],
  ])('%s', (_, payload) => {
    expect(answer(payload)).toBe('none');
  });

  test('whatever is reported, where the mapping does not ask for it', () => {
    expect(answer({ batchItemFailures: [{ itemIdentifier: '2' }] }, false)).toBe('none');
  });
});

describe('what counts as complete failure', () => {
  test.each([
    ['an empty identifier', [{ itemIdentifier: '' }]],
    ['a null identifier', [{ itemIdentifier: null }]],
    ['a bad key name', [{ identifier: '1' }]],
    ['an identifier that is no string', [{ itemIdentifier: 1 }]],
    ['an identifier of no item in the batch', [{ itemIdentifier: '4' }]],
    ['one bad identifier among good ones', [{ itemIdentifier: '2' }, { itemIdentifier: '' }]],
    ['a null item', [null]],
    ['a list that is none', 'all'],
  ])('%s', (_, batchItemFailures) => {
    expect(answer({ batchItemFailures })).toBe('all');
  });

  test('an error of the function, whether failures are reported or not', () => {
    const outcome = { functionError: { errorType: 'Error', errorMessage: 'boom' } };
    expect([itemFailures(outcome, batch, true), itemFailures(outcome, batch, false)]).toEqual(['all', 'all']);
  });
});

test('partial failure names the items', () => {
  const failures = answer({ batchItemFailures: [{ itemIdentifier: '3' }, { itemIdentifier: '2' }] });
  expect(failures).toEqual(new Set(['2', '3']));
});
