/** Sockets that open come before requests, and requests before the events of streams and queues. */
export type Urgency = 'connecting' | 'request' | 'event';

const urgencies: readonly Urgency[] = ['connecting', 'request', 'event'];

type Place<Item> = { item: Item; timer: NodeJS.Timeout | undefined };

/** Those that wait for their turn: by urgency, then in order of arrival. Only events wait for ever, and in any number. */
export class WaitingLine<Item> {
  readonly #maxWaiting: number;
  readonly #patienceMilliseconds: number;
  readonly #onRefused: (item: Item) => void;
  readonly #places: Record<Urgency, Place<Item>[]> = { connecting: [], request: [], event: [] };

  /**
   * @param bounds `maxWaiting` is of each urgency but events. `onRefused` is called with one that finds the line so long, or
   * has waited for as long as the patience lasts; it has left the line then.
   */
  constructor(bounds: {
    maxWaiting: number;
    patienceMilliseconds: number;
    onRefused: (item: Item) => void;
  }) {
    this.#maxWaiting = bounds.maxWaiting;
    this.#patienceMilliseconds = bounds.patienceMilliseconds;
    this.#onRefused = bounds.onRefused;
  }

  join(item: Item, urgency: Urgency): void {
    const places = this.#places[urgency];
    const place: Place<Item> = { item, timer: undefined };
    if (urgency !== 'event') {
      if (places.length >= this.#maxWaiting) {
        this.#onRefused(item);
        return;
      }
      place.timer = setTimeout(() => {
        places.splice(places.indexOf(place), 1);
        this.#onRefused(item);
      }, this.#patienceMilliseconds);
    }
    places.push(place);
  }

  /** Takes out the first that may go. */
  next(mayGo: (item: Item) => boolean): Item | undefined {
    for (const urgency of urgencies) {
      const places = this.#places[urgency];
      const index = places.findIndex(({ item }) => mayGo(item));
      const [place] = index < 0 ? [] : places.splice(index, 1);
      if (place === undefined) continue;
      clearTimeout(place.timer);
      return place.item;
    }
    return undefined;
  }

  /** Takes out all. */
  clear(): Item[] {
    const places = urgencies.flatMap((urgency) => this.#places[urgency].splice(0));
    for (const { timer } of places) clearTimeout(timer);
    return places.map(({ item }) => item);
  }
}
