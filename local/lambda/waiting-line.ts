/** Sockets that open go before requests, and requests before what no client waits for, such as batches of streams and queues. */
export type Urgency = 'connecting' | 'request' | 'event';

const urgencies: readonly Urgency[] = ['connecting', 'request', 'event'];

type Place<Item> = { item: Item; timer: NodeJS.Timeout | undefined };

type Bounds<Item> = {
  /** Items of one lane that may wait; events are not bounded. */
  maxWaiting: number;
  /** How long an item may wait; events wait for ever. */
  patienceMilliseconds: number;
  /** Items of different lanes do not count for each other. */
  laneOf: (item: Item) => unknown;
  /** Called with an item that found its lane full, or waited too long. It is not in the line any more. */
  onRefused: (item: Item) => void;
};

/** Items that wait for their turn: by urgency, then in order of arrival. */
export class WaitingLine<Item> {
  readonly #bounds: Bounds<Item>;
  readonly #places: Record<Urgency, Place<Item>[]> = { connecting: [], request: [], event: [] };
  /** How many items wait in each lane, events aside. */
  readonly #waiting = new Map<unknown, number>();

  constructor(bounds: Bounds<Item>) {
    this.#bounds = bounds;
  }

  join(item: Item, urgency: Urgency): void {
    const place: Place<Item> = { item, timer: undefined };
    if (urgency !== 'event') {
      const { maxWaiting, patienceMilliseconds, laneOf, onRefused } = this.#bounds;
      const waiting = this.#waiting.get(laneOf(item)) ?? 0;
      if (waiting >= maxWaiting) {
        onRefused(item);
        return;
      }
      this.#waiting.set(laneOf(item), waiting + 1);
      place.timer = setTimeout(() => {
        const places = this.#places[urgency];
        this.#leave(places, places.indexOf(place));
        onRefused(item);
      }, patienceMilliseconds);
    }
    this.#places[urgency].push(place);
  }

  /** Takes out the first that may go. */
  next(mayGo: (item: Item, urgency: Urgency) => boolean): Item | undefined {
    for (const urgency of urgencies) {
      const places = this.#places[urgency];
      const index = places.findIndex(({ item }) => mayGo(item, urgency));
      if (index >= 0) return this.#leave(places, index);
    }
    return undefined;
  }

  /** Takes out all. */
  clear(): Item[] {
    const items: Item[] = [];
    for (let item = this.next(() => true); item !== undefined; item = this.next(() => true)) items.push(item);
    return items;
  }

  #leave(places: Place<Item>[], index: number): Item | undefined {
    const [place] = places.splice(index, 1);
    if (place?.timer === undefined) return place?.item;
    clearTimeout(place.timer);
    const lane = this.#bounds.laneOf(place.item);
    const waiting = (this.#waiting.get(lane) ?? 0) - 1;
    if (waiting > 0) this.#waiting.set(lane, waiting);
    else this.#waiting.delete(lane);
    return place.item;
  }
}
