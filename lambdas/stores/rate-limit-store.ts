import { DeleteCommand, type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type BucketSettings, bucketTimes, type WindowSettings } from '../../shared/domain/rate-limit.ts';
import { isConditionFailure, itemOfFailure } from './dynamo.ts';

/** Kept this long after they stop mattering, so that TTL never removes an item in use. */
const keepMs = 60 * 60 * 1000;
/** Clocks of two functions differ by less, unless one of them is wrong. */
const clockSkewMs = 1_000;

/** Takes one from a bucket. Answers how many milliseconds to wait: 0 is "go on". */
export interface RateBuckets {
  takeFromBucket(key: string, bucket: BucketSettings, now: number): Promise<number>;
}

/** Rate limits that hold over all functions at once. Each `take` answers how many milliseconds to wait: 0 is "go on". */
export class RateLimitStore implements RateBuckets {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  /**
   * Takes one from a bucket (GCRA). DynamoDB has no `max()`, so a bucket that is full again and one in use are
   * two updates; the first is the common one, for people pause between messages. A bucket that would be full later than
   * an empty one was filled by a clock far ahead, and counts as full: nobody waits until time has caught up.
   */
  async takeFromBucket(key: string, bucket: BucketSettings, now: number): Promise<number> {
    const { intervalMs, toleranceMs } = bucketTimes(bucket);
    const full = await this.#update(key, {
      set: 'fullAt = :next, expiresAt = :expiresAt',
      condition: 'attribute_not_exists(fullAt) OR fullAt <= :now OR fullAt > :wrong',
      values: {
        ':next': now + intervalMs,
        ':now': now,
        ':wrong': now + toleranceMs + intervalMs + clockSkewMs,
        ':expiresAt': seconds(now + intervalMs + keepMs),
      },
    });
    if (full === 'done') return 0;

    const wait = full.fullAt - now - toleranceMs;
    if (wait > 0) return wait;
    const inUse = await this.#update(key, {
      set: 'fullAt = fullAt + :interval, expiresAt = :expiresAt',
      condition: 'fullAt <= :latest',
      values: {
        ':interval': intervalMs,
        ':latest': now + toleranceMs,
        ':expiresAt': seconds(now + toleranceMs + keepMs),
      },
    });
    return inUse === 'done' ? 0 : inUse.fullAt - now - toleranceMs;
  }

  /** Takes one of `window.count` within a window that begins with the first. */
  async takeFromWindow(key: string, window: WindowSettings, now: number): Promise<number> {
    const within = await this.#update(key, {
      set: '#count = #count + :one',
      condition: 'endsAt > :now AND #count < :most',
      values: { ':one': 1, ':now': now, ':most': window.count },
      names: { '#count': 'count' },
    });
    if (within === 'done') return 0;
    if (within.endsAt > now) return within.endsAt - now;

    const endsAt = now + window.seconds * 1000;
    const begun = await this.#update(key, {
      set: '#count = :one, endsAt = :endsAt, expiresAt = :expiresAt',
      condition: 'attribute_not_exists(endsAt) OR endsAt <= :now',
      values: { ':one': 1, ':endsAt': endsAt, ':now': now, ':expiresAt': seconds(endsAt + keepMs) },
      names: { '#count': 'count' },
    });
    // Another call began the window at the same moment: take from that one.
    return begun === 'done' ? 0 : this.takeFromWindow(key, window, now);
  }

  async forget(key: string): Promise<void> {
    await this.#documents.send(new DeleteCommand({ TableName: this.#table, Key: { key } }));
  }

  async #update(
    key: string,
    update: {
      set: string;
      condition: string;
      values: Record<string, number>;
      names?: Record<string, string>;
    },
  ): Promise<'done' | { fullAt: number; endsAt: number }> {
    try {
      await this.#documents.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { key },
          UpdateExpression: `SET ${update.set}`,
          ConditionExpression: update.condition,
          ExpressionAttributeValues: update.values,
          ExpressionAttributeNames: update.names,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return 'done';
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      const item = itemOfFailure(error);
      return { fullAt: Number(item?.['fullAt'] ?? 0), endsAt: Number(item?.['endsAt'] ?? 0) };
    }
  }
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
