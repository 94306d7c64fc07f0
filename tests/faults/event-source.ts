import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import type { Container, World } from '../support/world.ts';
import type { FaultSource } from './faults.ts';

/** To one Lambda, to two in turn, or to two at once. */
export type DeliveryMode = 'once' | 'twice' | 'at once';

/** More faults than a schedule holds cannot follow one another: an event source that tries so often gets through. */
const maxTries = 200;

/** A Kinesis event source mapping of one partition, with two Lambda containers that fail as they are told to. */
export class EventSource {
  /** Whether an event was not posted though its record is done with. Clients repair that, so no record comes again for it. */
  hasLostPushes = false;
  readonly #world: World;
  readonly #faults: FaultSource;
  readonly #consumers: [Container, Container];

  constructor(world: World, faults: FaultSource) {
    this.#world = world;
    this.#faults = faults;
    this.#consumers = [world.container(faults), world.container(faults)];
  }

  /** Until all is done: after a failure again, from the lowest record that failed. */
  async deliver(batch: StreamRecord[], mode: DeliveryMode): Promise<void> {
    let rest = batch;
    for (let attempt = 0; rest.length > 0; attempt += 1) {
      if (attempt === maxTries) throw new Error('A batch never came through');
      const begun = [this.#invoke(0, rest)];
      if (mode === 'twice') await begun[0];
      if (mode !== 'once') begun.push(this.#invoke(1, rest));
      const [failed] = await Promise.all(begun);
      const lowest = failed === 'crashed' ? 0 : rest.findIndex((record) => failed?.includes(record));
      rest = lowest === -1 ? [] : rest.slice(lowest);
    }
  }

  async #invoke(which: 0 | 1, batch: StreamRecord[]): Promise<StreamRecord[] | 'crashed'> {
    const consumer = this.#consumers[which];
    const lostBefore = lostPushes(consumer);
    const failed = await consumer.deliver.deliver(batch).catch(() => 'crashed' as const);
    if (!consumer.invocation.dead && failed !== 'crashed') {
      this.hasLostPushes ||= lostPushes(consumer) > lostBefore;
      return failed;
    }
    // The container is gone, with all it remembered.
    this.#consumers[which] = this.#world.container(this.#faults);
    return 'crashed';
  }
}

function lostPushes({ counted, reported }: Container): number {
  const notFound = reported.filter((what) => what === 'connections could not be found');
  return (counted.get('PushFailures')?.length ?? 0) + notFound.length;
}
