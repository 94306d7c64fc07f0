import { type SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';

/**
 * fauxqs gives out one message of a group a call, and shows messages whose time-out is over in reverse order. SQS gives out
 * as many of one group as wait, in their order
 * (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html).
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
    for (const messages of queue.fifoMessages.values()) messages.sort(bySequenceNumber);
    const { fifoLockedGroups: locks } = queue;
    const lockedBefore = new Set(locks.keys());
    const taken = new Map<string, number>();
    const received: ReturnType<typeof giveOut> = [];
    for (let found = maxCount; found > 0 && received.length < maxCount; ) {
      const more = giveOut(maxCount - received.length, ...rest);
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

function bySequenceNumber(
  one: { sequenceNumber?: string | undefined },
  other: { sequenceNumber?: string | undefined },
): number {
  return (one.sequenceNumber ?? '') < (other.sequenceNumber ?? '') ? -1 : 1;
}
