import * as v from 'valibot';

// Each message says what is allowed: infra/read-settings.ts tells it to whoever wrote the setting.
const whole = 'a whole number from 1';
const rate = 'a number from 0.001';
const count = v.pipe(v.number(whole), v.integer(whole), v.minValue(1, whole));

/** A sustained rate with room for a burst. */
const Bucket = v.strictObject({ perSecond: v.pipe(v.number(rate), v.minValue(0.001, rate)), burst: count });
/** At most `count` in any window that begins with the first of them. */
const Window = v.strictObject({ count, seconds: count });

export const RateLimitSettings = v.strictObject({
  /** Messages of one user, over all of their sockets and HTTP together. */
  messages: Bucket,
  /** What a client does by itself: `markRead`, `typing`, `sync`, `heartbeat`; and frames that are malformed. */
  actions: Bucket,
  /** What costs more than its caller: changes that others are told of, and looking up users. */
  requests: Bucket,
  /** What costs its caller alone, over HTTP: reading conversations, members and messages, and the account's own business. */
  reads: Bucket,
  /** Conversations one user creates. */
  conversations: Bucket,
  /** Sockets one user opens: others are told of the first that opens and of the last that closes. */
  connections: Bucket,
  /** Refusals by the limits above that one socket gets before it is closed: a client that waits as it is told never gets so many. */
  refusals: Bucket,
  /** Failed logins for one username from one address; and wrong passwords of one user who changes theirs. */
  loginFailures: Window,
  /** Failed logins for one username from anywhere: higher, so that nobody locks another out cheaply. */
  loginFailuresAnywhere: Window,
  /** Logins tried from one address, whoever it says it is, malformed ones too: each may cost a slow hash. `null` is no limit. */
  logins: v.nullable(Window),
  /** Registrations tried from one address, malformed ones too; `null` is no limit. */
  registrations: v.nullable(Window),
});
export type RateLimitSettings = v.InferOutput<typeof RateLimitSettings>;
export type BucketSettings = v.InferOutput<typeof Bucket>;
export type WindowSettings = v.InferOutput<typeof Window>;

export const defaultRateLimits: RateLimitSettings = {
  messages: { perSecond: 10, burst: 20 },
  actions: { perSecond: 5, burst: 20 },
  requests: { perSecond: 10, burst: 100 },
  reads: { perSecond: 20, burst: 100 },
  conversations: { perSecond: 30 / 60, burst: 30 },
  // All of 20 devices five times at once; then half a minute for each of 15, which back off for up to 20 s.
  connections: { perSecond: 30 / 60, burst: 100 },
  refusals: { perSecond: 1, burst: 50 },
  loginFailures: { count: 10, seconds: 15 * 60 },
  loginFailuresAnywhere: { count: 100, seconds: 15 * 60 },
  logins: { count: 300, seconds: 15 * 60 },
  registrations: { count: 20, seconds: 60 * 60 },
};

/**
 * The generic cell rate algorithm (GCRA, ITU-T I.371): a bucket is one number, the theoretical arrival time at
 * which it is full again.
 */
export function bucketTimes({ perSecond, burst }: BucketSettings): {
  intervalMs: number;
  toleranceMs: number;
} {
  const intervalMs = 1000 / perSecond;
  return { intervalMs, toleranceMs: intervalMs * (burst - 1) };
}
