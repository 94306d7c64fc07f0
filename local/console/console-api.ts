/** What the endpoints below `/_local/api/` answer: docs/local.md, "The local page". */

/** Numbers of the last minutes, in buckets of equal length, the newest last. */
export type Series = { bucketSeconds: number; buckets: number[] };

export type MetricView = {
  name: string;
  /** As CloudWatch spells it: `Count` or `Milliseconds`. */
  unit: string;
  /** Since the start: the sum of a count, and how many values there were of anything else. */
  total: number;
  lastMinute: number;
  series: Series;
  /** Of the last minutes; not there for counts. */
  p50?: number;
  p99?: number;
};

export type FunctionView = {
  name: string;
  invocations: number;
  coldStarts: number;
  errors: number;
  lastMinute: number;
  series: Series;
  /** Milliseconds that the handler ran, of the last minutes; not there where it did not. */
  p50?: number;
  p99?: number;
};

export type QueueView = { name: string; waiting: number; inFlight: number };

export type ShardView = {
  stream: string;
  shardId: string;
  state: string;
  waiting: number;
  iteratorAgeMilliseconds: number;
};

export type ErrorView = {
  at: string;
  level: string;
  source: string;
  message: string;
  invocationId?: string;
};

export type Overview = {
  now: string;
  startedAt: string;
  connections: number;
  connectionsOpened: number;
  framesIn: number;
  framesOut: number;
  httpRequests: number;
  metrics: MetricView[];
  functions: FunctionView[];
  queues: QueueView[];
  shards: ShardView[];
  /** Newest first. */
  errors: ErrorView[];
};

export type InvocationView = {
  invocationId: string;
  function: string;
  startedAt: string;
  /** Not there while the function runs. */
  durationMilliseconds?: number;
  /** For an environment, and for its init. */
  waitMilliseconds?: number;
  coldStart?: boolean;
  error?: { errorType: string; errorMessage: string };
  /** By `service:Operation`. */
  awsCalls: Record<string, number>;
  log: { stream: 'stdout' | 'stderr'; line: string }[];
};

export type InvocationPage = {
  /** Newest first. */
  items: InvocationView[];
  /** For `before`; null at the end of what is kept. */
  nextBefore: number | null;
};

export type TableView = { name: string; partitionKey: string; sortKey: string | null };

export type TablePage = {
  table: TableView;
  /** Plain JSON, with what is secret left out. */
  items: Record<string, unknown>[];
  nextCursor: string | null;
};
