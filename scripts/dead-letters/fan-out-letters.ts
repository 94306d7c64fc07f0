/** Jobs of the fan-out that were tried too often, each for one slice of a large group. */
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { FanOutJob, subjectOf } from '../../shared/domain/fan-out-job.ts';
import { bucketIdOf } from '../../shared/domain/large-groups.ts';
import { cannotBePutBack, type ReadLetter } from './dead-letter-queue.ts';
import { readJson } from './read-json.ts';

export function fanOutLetters(client: SQSClient, jobsUrl: string): ReadLetter {
  return (body, messageId) => {
    const parsed = v.safeParse(FanOutJob, readJson(body));
    const job = parsed.success ? parsed.output : undefined;
    return {
      reason: job ? `fan-out of ${subjectOf(job)} failed` : 'no fan-out job of Parley',
      position: positionOf(job),
      size: { records: job ? 1 : 0, partitionKeys: job ? [job.conversationId] : [] },
      contents: async () => (job ? { kind: 'job', job } : { kind: 'unreadable', text: body }),
      putBack: async () => {
        if (!job) throw cannotBePutBack();
        await client.send(
          new SendMessageCommand({
            QueueUrl: jobsUrl,
            MessageBody: body,
            MessageGroupId: bucketIdOf(job.conversationId, job.bucket),
            // Another id than the job's first: SQS drops one it has seen within five minutes, and then it would be lost.
            MessageDeduplicationId: `redrive:${messageId}`,
          }),
        );
      },
    };
  };
}

/** Older ones first, as far as can be told: among jobs about messages, or about changes. */
function positionOf(job: FanOutJob | undefined): bigint {
  if (job === undefined) return 0n;
  return BigInt('fromSeq' in job ? job.fromSeq : job.fromRevision);
}
