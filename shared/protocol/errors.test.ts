import { expect, test } from 'vitest';
import { unavailable } from './errors.ts';

test.each([
  [0, 1_000],
  [0.5, 2_000],
  [0.9999, 3_000],
])('those told at once that a part is busy come back at different times', (random, retryAfterMs) => {
  const error = unavailable('The tables are busy: try again.', () => random);
  expect(error).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs });
});
