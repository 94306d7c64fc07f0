import { ProvisionedThroughputExceededException, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { logger } from '../logger.ts';
import { answerableError } from './answerable-error.ts';

beforeEach(() => {
  vi.spyOn(logger, 'error').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

test("the protocol's own errors are answered as they are", () => {
  const error = new ParleyError('CONFLICT', 'taken');
  expect(answerableError(error, { requestId: 'r1' })).toBe(error);
});

test.each([
  ['throttling', new ProvisionedThroughputExceededException({ $metadata: {}, message: 'slow down' })],
  ['a refused connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
  ['a time-out', Object.assign(new Error('slow'), { name: 'TimeoutError' })],
  ["AWS's own fault", Object.assign(new Error('oops'), { $fault: 'server' })],
])('%s passes: try again', (_what, error) => {
  const answer = answerableError(error, { requestId: 'r1' });
  expect(answer.code).toBe('UNAVAILABLE');
  expect(answer.retryAfterMs).toBeGreaterThanOrEqual(1_000);
  expect(answer.retryAfterMs).toBeLessThanOrEqual(3_000);
});

test.each([
  [
    'a missing table',
    new ResourceNotFoundException({ $metadata: {}, message: 'arn:aws:dynamodb:secret-table' }),
  ],
  ['a bug', new TypeError('cannot read secret of undefined')],
  ['a thrown string', 'secret'],
])('%s is our fault, and its words are for the log alone', (_what, error) => {
  const answer = answerableError(error, { requestId: 'r1' });
  expect(answer.code).toBe('INTERNAL');
  expect(answer.message).not.toContain('secret');
  expect(logger.error).toHaveBeenCalledWith('unexpected error', expect.objectContaining({ requestId: 'r1' }));
});
