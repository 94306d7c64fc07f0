import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { ParleyClient } from '../../client/src/index.ts';
import { ChatLoad, type LoadResult } from './chat-load.ts';
import { seededGroup, seededUsers } from './crowd-sockets.ts';
import { findHighestRate } from './highest-rate.ts';
import { heading, latencyHeader, latencyRow, progress, table } from './markdown.ts';
import type { ParleyProcess } from './parley-process.ts';
import type { SeededUser } from './seed-group.ts';

const pairs = 10;
const ramp = { from: 60, step: 20, seconds: 10, p99LimitMs: 500 };
const overload = { factor: 2, seconds: 60 };
/** Members of one group, who all open their client at once, so long after the messages have begun. */
const crowdSize = 240;
const crowdAfterMs = 5_000;
const crowdPatienceMs = 120_000;
const crowdTargetMs = 6_000;
const recoveryTargetMs = 60_000;
const recoveryPatienceMs = 180_000;

type Arrival = { online: number; onlineMs: number; caughtUpMs: number };

/** What more messages than can be served come to, who gets in meanwhile, and how soon all is well again. */
export async function benchOverload(parley: ParleyProcess): Promise<void> {
  const load = await ChatLoad.connect(parley.first, pairs);
  try {
    progress('looking for the highest rate');
    await load.run(ramp.from, 5);
    const { perSecond: highest, rows } = await findHighestRate(load, ramp);
    heading(`Highest rate with p99 below ${ramp.p99LimitMs} ms (steps of ${ramp.seconds} s)`);
    table(['messages/s', ...latencyHeader], rows);

    progress(`making a group of ${crowdSize}`);
    const users = await seededUsers(parley, crowdSize);
    await seededGroup(parley, users);
    const flowing = await together(parley, load, users, highest / 2, 30);
    const beyond = await together(parley, load, users, highest * overload.factor, overload.seconds);
    const after = await load.run(ramp.from, ramp.seconds);

    heading(`${crowdSize} members of one group open their client while messages flow`);
    table(
      [
        'messages/s',
        'sent',
        'acknowledged',
        'refused',
        'no answer',
        'acknowledged and not delivered',
        'p50, p99 of the delivered',
        'sockets open after',
        'clients caught up after',
        'all delivered, after the last send',
        'most resident MB',
      ],
      [outcomeRow(highest / 2, flowing), outcomeRow(highest * overload.factor, beyond)],
    );
    heading('Afterwards');
    table(['messages/s', ...latencyHeader], [[String(ramp.from), ...latencyRow(after)]]);
    const { messageIds, isDense } = await load.histories();
    const twice = messageIds.length - new Set(messageIds).size;
    console.log(
      `\n${messageIds.length} messages stored, ${twice} of them twice, sequences ${isDense ? 'dense' : 'NOT dense'}. Targets: ${crowdSize} sockets open within ${crowdTargetMs / 1000} s while messages flow, all caught up ${recoveryTargetMs / 1000} s after the load.`,
    );
  } finally {
    load.close();
  }
}

type Outcome = { result: LoadResult; arrival: Arrival; mostMegabytes: number };

async function together(
  parley: ParleyProcess,
  load: ChatLoad,
  users: readonly SeededUser[],
  perSecond: number,
  seconds: number,
): Promise<Outcome> {
  progress(`${perSecond} messages a second for ${seconds} s`);
  const over = new AbortController();
  const memory = mostMemory(parley, over.signal);
  const arrival = setTimeout(crowdAfterMs).then(() => openClients(parley, users));
  const result = await load.run(perSecond, seconds, recoveryPatienceMs);
  const arrived = await arrival;
  over.abort();
  return { result, arrival: arrived, mostMegabytes: await memory };
}

/** All at once, as after an outage; each goes on trying as the SDK does. */
async function openClients({ first }: ParleyProcess, users: readonly SeededUser[]): Promise<Arrival> {
  const begun = performance.now();
  let online = 0;
  let onlineMs = Number.POSITIVE_INFINITY;
  const clients = users.map(({ userId, token }) => {
    const { url, webSocketUrl } = first;
    const client = new ParleyClient({ url, webSocketUrl, userId, token, WebSocket });
    let isCounted = false;
    client.on('state', ({ state }) => {
      if (state !== 'online' || isCounted) return;
      isCounted = true;
      online += 1;
      if (online === users.length) onlineMs = performance.now() - begun;
    });
    return client;
  });
  const given = new AbortController();
  const all = Promise.all(clients.map((client) => client.connect()));
  await Promise.race([all, setTimeout(crowdPatienceMs, undefined, given)]);
  given.abort();
  const caughtUpMs = performance.now() - begun;
  all.catch(() => undefined); // Of clients that are closed before they have caught up.
  await Promise.all(clients.map((client) => client.close()));
  return { online, onlineMs, caughtUpMs };
}

async function mostMemory(parley: ParleyProcess, signal: AbortSignal): Promise<number> {
  let most = 0;
  while (!signal.aborted) {
    most = Math.max(most, (await parley.report()).residentMegabytes);
    await setTimeout(2_000, undefined, { signal }).catch(() => undefined); // Looked at next.
  }
  return most;
}

function outcomeRow(perSecond: number, { result, arrival, mostMegabytes }: Outcome): string[] {
  const { sent, acknowledged, errors, missing, latency, caughtUpMs } = result;
  const seconds = (ms: number) => (ms === Number.POSITIVE_INFINITY ? 'never' : `${(ms / 1000).toFixed(1)} s`);
  const at = (percentile: number) => `${(latency.getValueAtPercentile(percentile) / 1000).toFixed(0)} ms`;
  const kinds = [...new Set(errors)].map((kind) => `${errors.filter((one) => one === kind).length} ${kind}`);
  return [
    String(perSecond),
    String(sent),
    String(acknowledged),
    kinds.join(', ') || '0',
    String(Math.max(0, sent - acknowledged - errors.length)),
    String(missing.length),
    `${at(50)}, ${at(99)}`,
    `${arrival.online} in ${seconds(arrival.onlineMs)}`,
    seconds(arrival.caughtUpMs),
    seconds(caughtUpMs),
    mostMegabytes.toFixed(0),
  ];
}
