import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ErasureJob } from './erasure-job.ts';

test('a job names one user, and takes what a later version adds', () => {
  const job = { version: 1, userId: 'usr_a' };
  expect(v.parse(ErasureJob, { ...job, later: true })).toEqual(job);
  for (const wrong of [{ version: 2 }, { version: undefined }, { userId: undefined }, { userId: '' }]) {
    expect(v.is(ErasureJob, { ...job, ...wrong }), JSON.stringify(wrong)).toBe(false);
  }
});
