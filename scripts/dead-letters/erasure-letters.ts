/** Erasures that were tried too often: users who asked to be erased, and are not. */
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { ErasureJob } from '../../shared/domain/erasure-job.ts';
import { cannotBePutBack, type ReadLetter } from './dead-letter-queue.ts';
import { readJson } from './read-json.ts';

export function erasureLetters(client: SQSClient, jobsUrl: string): ReadLetter {
  return (body) => {
    const parsed = v.safeParse(ErasureJob, readJson(body));
    const job = parsed.success ? parsed.output : undefined;
    return {
      reason: job ? 'the user could not be erased' : 'no erasure of Parley',
      // Nobody's erasure waits for another's.
      position: 0n,
      size: { records: job ? 1 : 0, partitionKeys: job ? [job.userId] : [] },
      contents: async () => (job ? { kind: 'job', job } : { kind: 'unreadable', text: body }),
      putBack: async () => {
        if (!job) throw cannotBePutBack();
        await client.send(new SendMessageCommand({ QueueUrl: jobsUrl, MessageBody: body }));
      },
    };
  };
}
