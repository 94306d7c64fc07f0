import { type Crowd, connectAll, gather } from './crowd.ts';
import { Measurements, type Second } from './measurements.ts';
import type { Target } from './person.ts';
import { type GroupSpec, planConversations } from './population.ts';
import { SecondThoughts } from './second-thoughts.ts';
import { seededRandom } from './seeded-random.ts';
import { settle } from './settle.ts';
import { readStoredTruth } from './stored-truth.ts';
import { conversation, speak } from './traffic.ts';
import { type Verdict, verify } from './verify.ts';
import { Watch } from './watch.ts';

export type LoadPlan = {
  users: number;
  groups: GroupSpec[];
  directs: number;
  rate: number;
  /** To messages, for each 100 messages. */
  changes: number;
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
    const { observation } = watch;
    const thoughts = new SecondThoughts({
      crowd,
      observation,
      watch: watch.changes,
      share: plan.changes / 100,
      // Of its own: who says what stays the same whatever is changed.
      random: seededRandom(plan.seed + 2),
    });
    await speak(lines, pace, stop, ({ person, talk, content }, plannedAt) => {
      watch.send(person, talk, content, plannedAt);
      thoughts.messageSent(plannedAt);
    });
    await faults;
    const interrupted = stop.aborted;
    hooks.say(`${interrupted ? 'Stopped: waiting' : 'Waiting'} for the last messages`);
    const repairedAtTheEnd = await settle(url, crowd, watch, plan.settleMs);
    hooks.say('Verifying');
    const truth = await readStoredTruth(url, crowd, AbortSignal.timeout(plan.settleMs * 2));
    watch.lookAtInboxes();
    const verdict = verify(observation, truth);
    return { measurements, verdict, interrupted, repairedAtTheEnd, conversations: planned.length };
  } finally {
    clearInterval(clock);
    await Promise.all(crowd.people.map(({ client }) => client.close()));
  }
}
