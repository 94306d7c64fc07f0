import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import * as v from 'valibot';
import { ClosingJob } from '../../shared/domain/closing-job.ts';
import { ErasureJob } from '../../shared/domain/erasure-job.ts';
import { observed } from '../middleware/observed.ts';
import { closing, eraseUser } from '../runtime.ts';

const erasure = eraseUser();
const connections = closing();
const Job = v.union([ErasureJob, ClosingJob]);

/** Is given one job at a time. What fails is tried again later, and in the end becomes a dead letter. */
export const handler = middy<SQSEvent, void>()
  .use(observed((event: SQSEvent) => ({ jobs: event.Records.length })))
  .handler(async (event) => {
    for (const { body } of event.Records) {
      const job = v.parse(Job, JSON.parse(body));
      if ('kind' in job) await connections.of(job.userId, job.sessionId);
      else await erasure.next(job);
    }
  });
