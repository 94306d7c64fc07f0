import { setTimeout } from 'node:timers/promises';
import { type Crowd, connectAll, gather } from './crowd.ts';
import { Measurements, type Second } from './measurements.ts';
import type { Target } from './person.ts';
import { type GroupSpec, planConversations } from './population.ts';
import { seededRandom } from './seeded-random.ts';
import { readStoredTruth } from './stored-truth.ts';
import { conversation, speak } from './traffic.ts';
import { type Verdict, verify } from './verify.ts';
import { Watch } from './watch.ts';

export type LoadPlan = {
  users: number;
  groups: GroupSpec[];
  directs: number;
  rate: number;
  durationMs: number;
  ramp: number;
  settleMs: number;
  seed: number;
  name: string;
  password: string;
};

export type LoadOutcome = {
  measurements: Measurements;
  verdict: Verdict;
  /** The run was ended early. */
  interrupted: boolean;
  /** Users whose client had to connect again at the end to learn of all messages: a lost push is repaired so. */
  repairedAtTheEnd: number;
  conversations: number;
};

export type LoadHooks = {
  say(line: string): void;
  onSecond?(second: Second, watch: Watch, measurements: Measurements): void;
  /** Called when everybody is connected and the first message is about to be sent; messages are sent until it ends, or longer. */
  during?(crowd: Crowd, watch: Watch, signal: AbortSignal): Promise<void>;
};

/** A push may be late on a busy machine; after that it is taken for lost, and repaired as every reconnect does. */
const latePushMs = 10_000;

/** A whole run. Raising `stop` ends the sending; what was sent is still waited for and verified. */
export async function runLoad(
  plan: LoadPlan,
  target: Target,
  stop: AbortSignal,
  hooks: LoadHooks,
): Promise<LoadOutcome> {
  const { url, webSocketUrl } = target;
  const random = seededRandom(plan.seed);
  const planned = planConversations(plan.users, plan.groups, plan.directs, random);
  hooks.say(`Making ${plan.users} users and ${planned.length} conversations`);
  const crowd = await gather({ ...plan, planned }, { url, webSocketUrl, signal: stop, say: hooks.say });
  const measurements = new Measurements();
  const watch = new Watch(crowd, measurements);
  const clock = setInterval(() => {
    hooks.onSecond?.(measurements.closeSecond(watch.connected), watch, measurements);
  }, 1_000);
  try {
    hooks.say(`Connecting them, ${plan.ramp} a second`);
    await connectAll(crowd.people, plan.ramp, stop);
    hooks.say(`Sending ${plan.rate} messages a second`);
    let goesOn = true;
    const faults = (hooks.during?.(crowd, watch, stop) ?? Promise.resolve()).finally(() => {
      goesOn = false;
    });
    faults.catch(() => undefined); // Awaited below, when all is said.
    const lines = conversation(crowd, random);
    const pace = { perSecond: plan.rate, durationMs: plan.durationMs, goesOn: () => goesOn };
    await speak(lines, pace, stop, ({ person, talk, content }, plannedAt) =>
      watch.send(person, talk, content, plannedAt),
    );
    await faults;
    const interrupted = stop.aborted;
    hooks.say(`${interrupted ? 'Stopped: waiting' : 'Waiting'} for the last messages`);
    const repairedAtTheEnd = await settle(crowd, watch, plan.settleMs);
    hooks.say('Verifying');
    const truth = await readStoredTruth(url, crowd, AbortSignal.timeout(plan.settleMs * 2));
    watch.lookAtInboxes();
    const verdict = verify(watch.observation, truth);
    return { measurements, verdict, interrupted, repairedAtTheEnd, conversations: planned.length };
  } finally {
    clearInterval(clock);
    await Promise.all(crowd.people.map(({ client }) => client.close()));
  }
}

/** Until everything has come everywhere, or the time is over; then half of the users read all they have. */
async function settle(crowd: Crowd, watch: Watch, settleMs: number): Promise<number> {
  const end = performance.now() + settleMs;
  const settled = () => watch.unsettled === 0 && watch.due === 0;
  const until = async (time: number) => {
    while (!settled() && performance.now() < Math.min(time, end)) await setTimeout(50);
  };
  for (const person of crowd.people) if (person.client.state !== 'online') person.look();
  const repaired = new Set<unknown>();
  while (!settled() && performance.now() < end) {
    await until(performance.now() + latePushMs);
    // Its sender repeats what is not stored; only what others lack is repaired here.
    if (watch.unsettled > 0) continue;
    for (const person of watch.laggards()) {
      repaired.add(person);
      person.reconnect();
    }
  }
  const readers = crowd.people.filter((_, index) => index % 2 === 0);
  const marking = readers.flatMap((person) =>
    [...person.client.conversations()].map(({ conversationId }) => watch.markRead(person, conversationId)),
  );
  const patience = new AbortController();
  const late = setTimeout(Math.max(latePushMs, end - performance.now()), undefined, patience);
  await Promise.race([Promise.all(marking), late]);
  patience.abort();
  await late.catch(() => undefined); // Only its timer was to go.
  return repaired.size;
}
