import { type SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';

/**
 * fauxqs gives out one message of each group a call, and shows messages whose time-out is over in reverse order. SQS "first
 * attempts to return as many messages with the same message group ID as possible", in their order
 * (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html). Here the group
 * whose oldest message has waited longest comes first, so that none is passed over.
 */
export class FifoStore extends SqsStore {
  override createQueue(...args: Parameters<SqsStore['createQueue']>): SqsQueue {
    const queue = super.createQueue(...args);
    if (queue.isFifo()) giveOutWholeGroups(queue);
    return queue;
  }
}

function giveOutWholeGroups(queue: SqsQueue): void {
  const giveOut = queue.dequeue.bind(queue);
  queue.dequeue = (maxCount, ...rest) => {
    queue.processTimers();
    putOldestGroupFirst(queue);
    const { fifoLockedGroups: locks } = queue;
    const lockedBefore = new Set(locks.keys());
    const taken = new Map<string, number>();
    const received: ReturnType<typeof giveOut> = [];
    for (let found = 1; found > 0 && received.length < maxCount; ) {
      const more = giveOut(1, ...rest);
      received.push(...more);
      found = more.length;
      // What this very call has given out keeps nothing of the same group from it.
      for (const [group, count] of [...locks].filter(([group]) => !lockedBefore.has(group))) {
        taken.set(group, (taken.get(group) ?? 0) + count);
        locks.delete(group);
      }
    }
    for (const [group, count] of taken) locks.set(group, count);
    return received;
  };
}

/** fauxqs looks through the groups in the order in which its Map has them. */
function putOldestGroupFirst({ fifoMessages }: SqsQueue): void {
  const groups = [...fifoMessages];
  for (const [, messages] of groups) messages.sort(bySequenceNumber);
  groups.sort(([, [one]], [, [other]]) => bySequenceNumber(one ?? {}, other ?? {}));
  fifoMessages.clear();
  for (const [group, messages] of groups) fifoMessages.set(group, messages);
}

function bySequenceNumber(
  one: { sequenceNumber?: string | undefined },
  other: { sequenceNumber?: string | undefined },
): number {
  return (one.sequenceNumber ?? '') < (other.sequenceNumber ?? '') ? -1 : 1;
}
