import { setTimeout } from 'node:timers/promises';
import { ChatLoad, type LoadResult } from './chat-load.ts';
import { CrowdSockets, say, seededGroup, seededUsers } from './crowd-sockets.ts';
import { callsPerMessage, heading, latencyHeader, latencyRow, progress, table } from './markdown.ts';
import type { ParleyProcess } from './parley-process.ts';
import type { SeededUser } from './seed-group.ts';
import { shardsOf } from './shard-of.ts';

const pairs = 10;
/** By turns alone and beside the group, so that whatever else the machine does weighs on both alike. */
const rounds = 4;
const direct = { perSecond: 10, seconds: 15 };
/** The group's own messages, in seconds between two. */
const groupEverySeconds = 2;
const targetRatio = 2;

const sizes = [2, 20, 200, 2_000, 10_000];
/** Of each group so many members are connected, or all there are. */
const connections = 100;
const countedMessages = 10;
const arriveWithinMs = 30_000;

/** What a large group costs its neighbours in the shard, and what groups cost by their size. */
export async function benchLargeGroup(
  parley: ParleyProcess,
  members: number,
  connected: number,
): Promise<void> {
  const users = await seededUsers(parley, members);
  await neighbours(parley, users, connected);
  await callsBySize(parley, users);
}

async function neighbours(parley: ParleyProcess, users: SeededUser[], connected: number): Promise<void> {
  progress(`making a group of ${users.length}`);
  const groupId = await seededGroup(parley, users);
  const shardOf = await shardsOf(parley);
  const load = await ChatLoad.connect(parley.first, pairs, (id) => shardOf(id) === shardOf(groupId));
  progress(`connecting ${connected} of its members`);
  const crowd = await CrowdSockets.connect(parley, users.slice(0, connected));
  try {
    // Cold starts belong to no steady state, and the group's members are connected in both runs.
    await load.run(direct.perSecond, 5);
    await speakOnce(parley, users, groupId, crowd, 'warm');
    const alone: LoadResult[] = [];
    const beside: LoadResult[] = [];
    const spoken: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      alone.push(await load.run(direct.perSecond, direct.seconds));
      const quiet = new AbortController();
      const speaking = speak(parley, users, groupId, `beside-${round}`, quiet.signal);
      beside.push(await load.run(direct.perSecond, direct.seconds));
      quiet.abort();
      const ids = await speaking;
      await untilArrived(crowd, ids);
      await untilQuiet(parley);
      spoken.push(...ids);
    }
    const [quietly, loudly] = [together(alone), together(beside)];

    heading(
      `Conversations of two beside a group of ${users.length} in the same shard (${crowd.count} of its members connected, a message every ${groupEverySeconds} s; ${direct.perSecond} messages/s over ${pairs} conversations, ${rounds} times ${direct.seconds} s each by turns)`,
    );
    table(
      ['', ...latencyHeader],
      [
        ['alone', ...latencyRow(quietly)],
        ['beside the group', ...latencyRow(loudly)],
        ['ratio', ...[50, 95, 99].map((one) => ratio(loudly, quietly, one).toFixed(2)), '', '', '', ''],
      ],
    );
    const reached = spoken.reduce((sum, messageId) => sum + crowd.received(messageId), 0);
    console.log(
      `\nThe group's ${spoken.length} messages came to ${reached} of ${spoken.length * crowd.count} connections. Target: ratios of at most ${targetRatio}.`,
    );
  } finally {
    load.close();
    crowd.close();
  }
}

function together(results: LoadResult[]): LoadResult {
  const [first, ...rest] = results;
  if (first === undefined) throw new Error('Nothing was measured');
  for (const { latency } of rest) first.latency.add(latency);
  return {
    latency: first.latency,
    sent: results.reduce((sum, { sent }) => sum + sent, 0),
    acknowledged: results.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    received: results.reduce((sum, { received }) => sum + received, 0),
    errors: results.flatMap(({ errors }) => errors),
    missing: results.flatMap(({ missing }) => missing),
    caughtUpMs: Math.max(...results.map(({ caughtUpMs }) => caughtUpMs)),
  };
}

function ratio(one: LoadResult, other: LoadResult, percentile: number): number {
  return one.latency.getValueAtPercentile(percentile) / other.latency.getValueAtPercentile(percentile);
}

/** A member every few seconds, until the signal is raised. @returns the ids of what was accepted */
async function speak(
  parley: ParleyProcess,
  users: readonly SeededUser[],
  groupId: string,
  name: string,
  signal: AbortSignal,
): Promise<string[]> {
  const spoken: string[] = [];
  for (let number = 0; !signal.aborted; number += 1) {
    const speaker = users[number % users.length];
    const messageId = `${name}-${number}`;
    if (speaker && (await say(parley, speaker, groupId, messageId))) spoken.push(messageId);
    await setTimeout(groupEverySeconds * 1000, undefined, { signal }).catch(() => undefined); // Looked at next.
  }
  return spoken;
}

async function callsBySize(parley: ParleyProcess, users: SeededUser[]): Promise<void> {
  const rows: string[][] = [];
  const details: string[][] = [];
  for (const size of sizes.filter((one) => one <= users.length)) {
    progress(`counting the calls of a group of ${size}`);
    const members = users.slice(0, size);
    const groupId = await seededGroup(parley, members);
    const crowd = await CrowdSockets.connect(parley, members.slice(0, connections));
    await speakOnce(parley, members, groupId, crowd, `warm-${size}`);
    const before = await parley.report();
    for (let number = 0; number < countedMessages; number += 1) {
      await speakOnce(parley, members, groupId, crowd, `counted-${size}-${number}`);
    }
    const functions = callsPerMessage(before, await parley.report(), countedMessages);
    const all = [...functions.values()].flatMap((calls) => [...calls]);
    const posts = sumOf(all.filter(([call]) => call.endsWith(':PostToConnection')));
    const sum = sumOf(all);
    rows.push([
      String(size),
      String(crowd.count),
      sum.toFixed(1),
      posts.toFixed(1),
      (sum - posts).toFixed(1),
      ((sum - posts) / size).toFixed(3),
    ]);
    for (const [name, calls] of functions) {
      const each = [...calls].map(([call, count]) => `${call} ${count.toFixed(1)}`).join(', ');
      details.push([String(size), name.replace(/Function\w{8}$/, ''), each]);
    }
    crowd.close();
    await untilQuiet(parley);
  }
  heading(
    `AWS calls per message by size of the group (${countedMessages} messages over HTTP, one at a time)`,
  );
  table(['members', 'connections', 'calls', 'posts', 'other calls', 'other calls per member'], rows);
  heading('Which calls');
  table(['members', 'function', 'calls per message'], details);
}

function sumOf(calls: (readonly [string, number])[]): number {
  return calls.reduce((sum, [, count]) => sum + count, 0);
}

/** Says one message, and waits until it has come everywhere and all functions are done with it. */
async function speakOnce(
  parley: ParleyProcess,
  members: readonly SeededUser[],
  groupId: string,
  crowd: CrowdSockets,
  messageId: string,
): Promise<void> {
  const [speaker] = members;
  if (speaker === undefined || !(await say(parley, speaker, groupId, messageId))) {
    throw new Error(`${messageId} was not accepted`);
  }
  await untilArrived(crowd, [messageId]);
  await untilQuiet(parley);
}

async function untilArrived(crowd: CrowdSockets, messageIds: readonly string[]): Promise<void> {
  const deadline = performance.now() + arriveWithinMs;
  while (messageIds.some((id) => crowd.received(id) < crowd.count) && performance.now() < deadline) {
    await setTimeout(20);
  }
}

/** Until the functions have finished nothing more for a while: a report counts what has finished. */
async function untilQuiet(parley: ParleyProcess): Promise<void> {
  let before = -1;
  for (;;) {
    const { invocations } = await parley.report();
    const count = Object.values(invocations).reduce((sum, tally) => sum + tally.invocations, 0);
    if (count === before) return;
    before = count;
    await setTimeout(500);
  }
}
