import { setTimeout } from 'node:timers/promises';
import type { Crowd } from '../load/crowd.ts';
import type { FaultSummary } from '../load/summary.ts';
import type { Watch } from '../load/watch.ts';
import type { MortalParley } from './mortal-parley.ts';
import { OldCheckpoints } from './old-checkpoints.ts';
import { type FaultKind, faultKinds, faultText, type PlannedFault } from './plan.ts';
import type { RedisServer } from './redis-server.ts';
import { fairWeather, type Weather } from './weather.ts';

/** How often the stream's position is remembered. */
const rememberEveryMs = 2_000;
/** A fault that finds nothing to strike, since everything is down already, waits so long for it. */
const patienceMs = 60_000;
/** After a restart so many users look at their screens at once; the clients of the others wait out their backoff. */
const shareThatLooks = 0.7;

export type StormParts = {
  planned: readonly PlannedFault[];
  parley: MortalParley;
  cache: RedisServer | undefined;
  /** Seconds of the run, as the report counts them. */
  second(): number;
  random: () => number;
  say(line: string): void;
};

/** Carries a plan of faults out, and counts what really happened. */
export class Storm {
  readonly #parts: StormParts;
  readonly #happened = new Map<FaultKind, number>();
  readonly #log: FaultSummary['struck'] = [];
  #weather: Weather = { ...fairWeather };
  /** Kills wait for each other: of two at once the second would find nobody alive. */
  #deaths: Promise<void> = Promise.resolve();
  /** The same for the cache. */
  #cacheFailures: Promise<void> = Promise.resolve();
  #cacheFails = false;

  constructor(parts: StormParts) {
    this.#parts = parts;
  }

  struck(kind: FaultKind, count = 1): void {
    // A function that has just started has not reached the cache yet: that is no fault of this plan.
    if (kind === 'cache' && !this.#cacheFails) return;
    this.#happened.set(kind, (this.#happened.get(kind) ?? 0) + count);
  }

  get summary(): FaultSummary {
    const { planned } = this.#parts;
    const kinds = [...new Set(planned.map(({ kind }) => kind))].sort();
    return {
      counts: kinds.map((kind) => ({
        kind,
        planned: planned.filter((fault) => fault.kind === kind).length,
        happened: this.#happened.get(kind) ?? 0,
        unit: faultKinds[kind],
      })),
      struck: this.#log,
    };
  }

  /** Resolves when the last fault is over, or, soon after the signal, when all is fair again. */
  async rage(crowd: Crowd, watch: Watch, signal: AbortSignal): Promise<void> {
    const { planned, parley } = this.#parts;
    const checkpoints = new OldCheckpoints(parley.dataDirectory);
    checkpoints.remember(performance.now());
    // What has not begun to work cannot be disturbed.
    await this.#until(
      () => {},
      () => watch.observation.sent.some(({ state }) => state === 'stored'),
      signal,
    );
    const begun = performance.now();
    const remembering = setInterval(() => checkpoints.remember(performance.now()), rememberEveryMs);
    try {
      await Promise.all(
        planned.map(async (fault) => {
          await wait(begun + fault.atMs - performance.now(), signal);
          if (signal.aborted) return;
          await this.#strike(fault, crowd, watch, checkpoints, signal);
        }),
      );
      await this.#deaths;
    } finally {
      clearInterval(remembering);
      this.#weather = { ...fairWeather };
      parley.weather = this.#weather;
    }
  }

  async #strike(
    fault: PlannedFault,
    crowd: Crowd,
    watch: Watch,
    checkpoints: OldCheckpoints,
    signal: AbortSignal,
  ): Promise<void> {
    const { kind, amount, delayMs = 0 } = fault;
    if (kind === 'kill') return this.#kill(fault, crowd, () => this.struck('kill'));
    if (kind === 'redeliver') {
      // Up to here nothing may have been delivered since the last start.
      await this.#until(
        () => {},
        () => checkpoints.haveMoved,
        signal,
      );
      return this.#kill(fault, crowd, () => {
        const from = checkpoints.restore(performance.now() - amount);
        if (from === undefined) return;
        const again = watch.sentSince(from);
        this.struck('redeliver', again);
        this.#tellOf('redeliver', `${again} messages come again`);
      });
    }
    this.#tellOf(kind, faultText(fault));
    switch (kind) {
      case 'throttle':
      case 'lostAnswer':
      case 'death':
        return this.#whileBad(fault, { [kind]: amount }, signal);
      case 'slow':
        return this.#whileBad(fault, { slow: amount, slowMs: delayMs }, signal);
      case 'clock':
        return this.#whileBad(fault, { clockMs: amount }, signal);
      case 'cut':
        return this.#until(
          () => {
            const victims = crowd.people.filter(() => this.#parts.random() < amount);
            this.struck('cut', victims.filter((person) => person.cut()).length);
          },
          this.#striking('cut'),
          signal,
        );
      case 'cache':
        this.#cacheFailures = this.#cacheFailures.then(() => this.#failCache(fault, signal));
        return this.#cacheFailures;
      case 'duplicate':
        return this.#duplicate(amount, watch, crowd, signal);
    }
  }

  async #whileBad(
    { kind, forMs }: PlannedFault,
    change: Partial<Weather>,
    signal: AbortSignal,
  ): Promise<void> {
    const { parley } = this.#parts;
    const hasStruck = this.#striking(kind);
    Object.assign(this.#weather, change);
    parley.weather = this.#weather;
    await wait(forMs, signal);
    await this.#until(() => {}, hasStruck, signal);
    for (const key of Object.keys(change) as (keyof Weather)[]) this.#weather[key] = 0; // Its own keys.
    parley.weather = this.#weather;
  }

  async #failCache({ forMs, isKilled }: PlannedFault, signal: AbortSignal): Promise<void> {
    const { cache } = this.#parts;
    if (cache === undefined) return;
    const hasStruck = this.#striking('cache');
    if (isKilled) await cache.kill();
    else cache.pause();
    this.#cacheFails = true;
    await wait(forMs, signal);
    await this.#until(() => {}, hasStruck, signal);
    this.#cacheFails = false;
    if (isKilled) await cache.startAgain();
    else cache.resume();
  }

  #kill(fault: PlannedFault, crowd: Crowd, whileDown: () => void): Promise<void> {
    const { parley, random } = this.#parts;
    this.#deaths = this.#deaths.then(async () => {
      this.#tellOf(fault.kind, faultText(fault));
      await parley.kill();
      whileDown();
      await setTimeout(fault.forMs);
      await parley.startAgain();
      for (const person of crowd.people) if (random() < shareThatLooks) person.look();
      this.#tellOf(fault.kind, 'up again');
    });
    return this.#deaths;
  }

  /** As a client that has not heard what became of it, over HTTP: some are stored long since, some are on their way. */
  async #duplicate(count: number, watch: Watch, crowd: Crowd, signal: AbortSignal): Promise<void> {
    const { random, parley } = this.#parts;
    const sendAgain = async () => {
      // One that its client has still to send would overtake those before it.
      const sent = watch.observation.sent.filter(({ state }) => state === 'sent' || state === 'stored');
      // Half of them of the newest: those meet their originals in the stream.
      const back = random() < 0.5 ? Math.min(sent.length, 10) : sent.length;
      const message = sent[sent.length - 1 - Math.floor(random() * back)];
      const sender = crowd.people.find(({ userId }) => userId === message?.senderId);
      if (message === undefined || sender === undefined) return;
      const { conversationId, messageId, content } = message;
      const response = await fetch(`${parley.url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${sender.token}` },
        body: JSON.stringify({ conversationId, messageId, content }),
        signal: AbortSignal.timeout(10_000),
      }).catch(() => undefined); // Parley is down; the next one may get through.
      if (response?.status === 202) this.struck('duplicate');
      await response?.body?.cancel();
    };
    const hasStruck = this.#striking('duplicate');
    for (let number = 0; number < count && !signal.aborted; number += 1) await sendAgain();
    await this.#until(sendAgain, hasStruck, signal);
  }

  /** Tells whether that kind has struck since. */
  #striking(kind: FaultKind): () => boolean {
    const before = this.#happened.get(kind) ?? 0;
    return () => (this.#happened.get(kind) ?? 0) > before;
  }

  /** Tries, and again, until it is done, the patience is over, or the signal is raised. */
  async #until(
    attempt: () => void | Promise<void>,
    isDone: () => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const end = performance.now() + patienceMs;
    while (!isDone() && !signal.aborted && performance.now() < end) {
      await attempt();
      if (!isDone()) await wait(250, signal);
    }
  }

  #tellOf(kind: FaultKind, what: string): void {
    const second = this.#parts.second();
    this.#log.push({ second, kind, what });
    this.#parts.say(`${String(second).padStart(4)} s  ⚡ ${kind}: ${what}`);
  }
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(Math.max(0, milliseconds), undefined, { signal }).catch(() => undefined); // Its caller looks.
}
