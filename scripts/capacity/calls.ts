/**
 * What one message, one read marker, one heartbeat, one handshake and one HTTP read make the functions do: `npm run bench` counts the calls of a message,
 * and docs/performance.md keeps its tables. Frames that a client sends and gets back count as socket messages too.
 */
import { limits } from '../../shared/protocol/limits.ts';

/** In the units that are paid for. */
export type Use = {
  readUnits: number;
  writeUnits: number;
  /** Of them those that go to the busiest single place that small conversations have: the index of the inbox rows. */
  indexWriteUnits: number;
  socketMessages: number;
  /** Of them those that functions post, which are calls to API Gateway as well. */
  posts: number;
  httpRequests: number;
  invocations: number;
  gigabyteSeconds: number;
  queueRequests: number;
  /** Messages that somebody who was away has missed. */
  events: number;
  logBytes: number;
  /** Milliseconds that functions run: what concurrency follows from. */
  functionMs: number;
};

export const nothing: Use = {
  readUnits: 0,
  writeUnits: 0,
  indexWriteUnits: 0,
  socketMessages: 0,
  posts: 0,
  httpRequests: 0,
  invocations: 0,
  gigabyteSeconds: 0,
  queueRequests: 0,
  events: 0,
  logBytes: 0,
  functionMs: 0,
};

/**
 * How long a function runs, in milliseconds. Not measured on AWS: a call to DynamoDB or Kinesis takes about 5 ms there and a
 * post to a socket about 10 ms, and a function spends its time waiting for them.
 */
const assumedMs = { call: 5, post: 10, postsAtOnce: 50 };
const megabytes = {
  'websocket-authorizer': 512,
  'websocket-connect': 512,
  'websocket-disconnect': 512,
  'websocket-send': 512,
  'websocket-signal': 512,
  'http-conversations': 512,
  'stream-deliver': 1024,
  'stream-fanout': 1024,
};
const logBytesPerInvocation = 700;

/** `Subscriptions` of a large group lie in this many partitions, each of which is one fan-out job. */
const buckets = 16;
const subscriptionBytes = 200;
/** What a message and what an idempotency record take beside the text. */
export const storedBytes = { message: 250, idempotency: 250 };

/** An update of an inbox row moves it in the index `byActivity` too: one unit to remove, one to put. */
const inboxUpdate = { row: 1, index: 2 };

export function callsOfMessage(groupSize: number, online: number, contentBytes: number): Use {
  const receivers = groupSize * online;
  const send = running('websocket-send', 3 * assumedMs.call, {
    readUnits: 1,
    writeUnits: 1,
    socketMessages: 2,
  });
  // Three writes in one transaction, each counted twice: the end of the log, the message, the idempotency record.
  const append = 2 * (1 + kilobytes(storedBytes.message + contentBytes) + 1);
  if (groupSize > limits.smallGroupMembers) return sum(send, ...largeGroup(receivers, append));

  const waits = [4 * assumedMs.call, rounds(groupSize, 25) * assumedMs.call, postMs(receivers)];
  return sum(
    send,
    running('stream-deliver', total(waits), {
      readUnits: 1 + groupSize, // Where the log ends, and the connections of each member.
      writeUnits: append + groupSize * (inboxUpdate.row + inboxUpdate.index),
      indexWriteUnits: groupSize * inboxUpdate.index,
      events: 1 - online ** (groupSize - 1), // One for all who are away, unless nobody is.
      ...posted(receivers),
    }),
  );
}

/** No inbox rows but the sender's read marker, no look-up of each member: jobs for the buckets that hold connections. */
function largeGroup(receivers: number, append: number): Use[] {
  const jobs = Math.min(buckets, Math.ceil(receivers));
  const inBucket = receivers / Math.max(1, jobs);
  const deliver = running('stream-deliver', 6 * assumedMs.call, {
    readUnits: 2 + buckets, // Where the log ends, the sender's membership, and which buckets hold a connection.
    writeUnits: append + 1,
    queueRequests: Math.ceil(jobs / 10),
  });
  const fanOut = running('stream-fanout', 3 * assumedMs.call + postMs(inBucket), {
    readUnits: 1 + Math.ceil((inBucket * subscriptionBytes) / 4096),
    queueRequests: 2, // Received and deleted.
    ...posted(inBucket),
  });
  return [deliver, times(fanOut, jobs)];
}

/** A receiver says how far it has read; the members of a small conversation are told. */
export function callsOfReadMarker(groupSize: number, online: number): Use {
  const told = groupSize > limits.smallGroupMembers ? 1 : groupSize * online;
  const small = groupSize > limits.smallGroupMembers ? 1 : groupSize;
  return running('websocket-signal', 5 * assumedMs.call + postMs(told), {
    // The row, the end of the log, the members, and their connections.
    readUnits: 2 + Math.ceil((small * 150) / 4096) + small,
    writeUnits: 2, // The rate limit, and the marker, which is not in an index.
    socketMessages: 2 + told,
    posts: told,
  });
}

export function callsOfHeartbeat(): Use {
  // The rate limit and the connection are written; the user and the newest of the inbox are read.
  return running('websocket-signal', 4 * assumedMs.call, { readUnits: 2, writeUnits: 2, socketMessages: 2 });
}

/** A device opens its socket, and some time later closes it. Whom this is told to is left out: it depends on who knows whom. */
export function callsOfHandshake(): Use {
  return sum(
    running('websocket-authorizer', assumedMs.call, { readUnits: 1 }),
    // The rate limit and the connection are written; the user and the large groups are read.
    running('websocket-connect', 4 * assumedMs.call, { readUnits: 2, writeUnits: 2 }),
    running('websocket-disconnect', 3 * assumedMs.call, { readUnits: 2, writeUnits: 1 }),
  );
}

/**
 * One of the HTTP reads by which an app that opens gets its inbox and a conversation. They come together, so that the bucket `reads` is in
 * use for all but the first: then it takes two updates (lambdas/stores/rate-limit-store.ts).
 */
export function callsOfRead(): Use {
  return running('http-conversations', 4 * assumedMs.call, { readUnits: 3, writeUnits: 2, httpRequests: 1 });
}

export function sum(...uses: Use[]): Use {
  const entries = Object.keys(nothing).map((name) => {
    const key = name as keyof Use; // The keys of `nothing` are those of the type.
    return [key, total(uses.map((use) => use[key]))];
  });
  return Object.fromEntries(entries);
}

export function times(use: Use, factor: number): Use {
  return Object.fromEntries(Object.entries(use).map(([name, value]) => [name, value * factor])) as Use; // As above.
}

function running(name: keyof typeof megabytes, functionMs: number, use: Partial<Use>): Use {
  const gigabyteSeconds = (functionMs / 1000) * (megabytes[name] / 1024);
  return { ...nothing, invocations: 1, functionMs, gigabyteSeconds, logBytes: logBytesPerInvocation, ...use };
}

function posted(receivers: number): Pick<Use, 'socketMessages' | 'posts'> {
  return { socketMessages: receivers, posts: receivers };
}

function postMs(posts: number): number {
  return rounds(posts, assumedMs.postsAtOnce) * assumedMs.post;
}

function rounds(count: number, atOnce: number): number {
  return Math.ceil(count / atOnce);
}

function kilobytes(bytes: number): number {
  return Math.ceil(bytes / 1024);
}

function total(values: number[]): number {
  return values.reduce((whole, value) => whole + value, 0);
}
