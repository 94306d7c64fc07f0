import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import * as v from 'valibot';
import { ErasureJob } from '../../shared/domain/erasure-job.ts';
import { observed } from '../middleware/observed.ts';
import { eraseUser } from '../runtime.ts';

const erasure = eraseUser();

/** Is given one job at a time. What fails is tried again later, and in the end becomes a dead letter. */
export const handler = middy<SQSEvent, void>()
  .use(observed((event: SQSEvent) => ({ jobs: event.Records.length })))
  .handler(async (event) => {
    for (const { body } of event.Records) {
      await erasure.next(v.parse(ErasureJob, JSON.parse(body)));
    }
  });
