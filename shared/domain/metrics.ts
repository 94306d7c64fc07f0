/** What is counted, in the words of the domain. The functions count it; the dashboard and the alarms read it. */

/** CloudWatch's namespace for all of them. Their one dimension is `stage`: each further one would be paid for per value. */
export const metricsNamespace = 'Parley';

/** Each metric with its unit, as CloudWatch spells it. */
export const metricUnits = {
  /** Messages that are durable in the stream, and were acknowledged. */
  MessagesAccepted: 'Count',
  /** Messages that were given their `seq` and stored. */
  MessagesStored: 'Count',
  /** Edits, deletions and reactions that are durable in the stream, and were acknowledged. */
  ChangesAccepted: 'Count',
  /** Changes that were given their `revision` and stored. */
  ChangesStored: 'Count',
  /** Messages that a client sent again, and that were recognised. */
  Duplicates: 'Count',
  /** Appends and changes that lost a race for the end of a conversation's log, and were tried again. */
  SequenceRetries: 'Count',
  /**
   * From the acceptance of a message to its post to one connection. One value for each post, of the oldest message in it.
   * Two functions' clocks are compared: Lambda keeps them within milliseconds of each other, which is what this is good for.
   */
  PushLatency: 'Milliseconds',
  /** Posts to connections that did not succeed, or that there was no time for. */
  PushFailures: 'Count',
  /** Posts to connections that no longer exist. */
  GoneConnections: 'Count',
  /** Connections of large groups that were handed to the fan-out. */
  FanoutConnections: 'Count',
  /** Calls that the cache should have answered and a table did. */
  CacheFallbacks: 'Count',
  /** Events of messages that members without a connection have missed. */
  OfflineEvents: 'Count',
  /** Requests refused for coming too fast. */
  RateLimited: 'Count',
  /** Invocations that failed for a reason of ours: a client was told INTERNAL or UNAVAILABLE, or nothing. */
  Faults: 'Count',
  /** Records that can never be processed, set aside in the dead-letter queue. */
  DeadLetters: 'Count',
} as const;

export type MetricName = keyof typeof metricUnits;

/** Counts `value`, 1 where it is left out, or measures it, for what the metric stands for. */
export type Count = (metric: MetricName, value?: number) => void;
