/** Tells those who poll a stream that it is worth another look, so that they can rest while nothing comes. */
export class Arrivals {
  #next = new AbortController();

  /** Raised at the first arrival from now on. Taken before a read, it also tells of what came during it. */
  get next(): AbortSignal {
    return this.#next.signal;
  }

  announce(): void {
    const announced = this.#next;
    this.#next = new AbortController();
    announced.abort();
  }
}
