import { setTimeout } from 'node:timers/promises';
import pMap from 'p-map';
import { CrowdSockets, say, seededUsers } from './crowd-sockets.ts';
import { heading, progress, table } from './markdown.ts';
import type { ParleyProcess } from './parley-process.ts';
import type { SeededUser } from './seed-group.ts';

/** Environments that idle for a minute are given up: what is measured is what stays. */
const idleMs = 75_000;
const targetMegabytes = 1_024;
/** Messages on their way at once: a steady stream and not a thundering herd. */
const sending = 8;
const arriveWithinMs = 60_000;

/** What many idle sockets cost the runtime, and whether they still work: one message to each of them. */
export async function benchIdleSockets(parley: ParleyProcess, sockets: number): Promise<void> {
  const rows: string[][] = [];
  const look = async (when: string) => {
    const { residentMegabytes, databaseMegabytes } = await parley.report();
    rows.push([when, residentMegabytes.toFixed(0), databaseMegabytes.toFixed(0)]);
    return residentMegabytes;
  };
  await look('started');
  const users = await seededUsers(parley, sockets - (sockets % 2));
  const pairs = Array.from({ length: users.length / 2 }, (_, index) => users.slice(2 * index, 2 * index + 2));
  progress(`making ${users.length / 2} conversations`);
  const talks = await pMap(pairs, (pair) => openTalk(parley, pair), { concurrency: sending });
  await look('conversations made');

  progress(`connecting ${users.length} sockets`);
  const begun = performance.now();
  const crowd = await CrowdSockets.connect(parley, users);
  const seconds = (performance.now() - begun) / 1000;
  const highest = [await look(`${crowd.count} sockets connected`)];
  await setTimeout(idleMs);
  highest.push(await look(`idle for ${idleMs / 1000} s`));

  progress('sending one message to each');
  const sentAt = performance.now();
  let accepted = 0;
  await pMap(
    talks,
    async ({ conversationId, speaker }, index) => {
      if (await say(parley, speaker, conversationId, `idle-${index}`)) accepted += 1;
    },
    { concurrency: sending },
  );
  const deadline = performance.now() + arriveWithinMs;
  while (crowd.receivedInAll < users.length && performance.now() < deadline) await setTimeout(100);
  const spent = (performance.now() - sentAt) / 1000;
  highest.push(await look('one message to each'));
  await setTimeout(idleMs);
  highest.push(await look(`idle for another ${idleMs / 1000} s`));

  heading(`${crowd.count} idle sockets, connected in ${seconds.toFixed(0)} s`);
  table(['when', 'resident MB of the runtime, its functions included', 'of the database'], rows);
  console.log(
    `\n${accepted} messages accepted, received by ${crowd.receivedInAll} of ${users.length} sockets in ${spent.toFixed(0)} s; ${crowd.closed} sockets lost. Target: below ${targetMegabytes} MB; most: ${Math.max(...highest).toFixed(0)} MB.`,
  );
  crowd.close();
}

/** The message of one is a message to both: a sender's own connections hear of it too. */
async function openTalk(
  { first }: ParleyProcess,
  pair: readonly SeededUser[],
): Promise<{ conversationId: string; speaker: SeededUser }> {
  const [speaker, other] = pair;
  if (speaker === undefined || other === undefined) throw new Error('A pair has two');
  const response = await fetch(`${first.url}/v1/conversations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${speaker.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'DM', memberIds: [other.userId] }),
  });
  if (response.status !== 201) throw new Error(`A conversation was answered ${response.status}`);
  const { conversationId } = (await response.json()) as { conversationId: string }; // docs/openapi.yaml: of 201.
  return { conversationId, speaker };
}
