/** Where rows are, in pixels from the top of the list. */
export type RowPlaces = {
  readonly total: number;
  indexOf(key: string): number | undefined;
  topOf(index: number): number;
  indexAt(distance: number): number;
};

/** Where each row of a long list stands: measured heights where a row has been on the screen, estimates elsewhere. */
export class RowLayout<Row extends { key: string }> implements RowPlaces {
  readonly #estimate: (row: Row) => number;
  readonly #measured = new Map<string, number>();
  #rows: readonly Row[] = [];
  #indexes = new Map<string, number>();
  /** `#offsets[i]` is the top of row i; the last one is the bottom of the list. */
  #offsets = new Float64Array(1);

  constructor(estimate: (row: Row) => number) {
    this.#estimate = estimate;
  }

  get total(): number {
    return this.#offsets[this.#rows.length] ?? 0;
  }

  setRows(rows: readonly Row[]): void {
    if (rows === this.#rows) return;
    this.#rows = rows;
    this.#indexes = new Map(rows.map(({ key }, index) => [key, index]));
    this.#place();
  }

  /** @returns whether anything differs from what was known */
  measure(heights: Iterable<[key: string, height: number]>): boolean {
    let changed = false;
    for (const [key, height] of heights) {
      if (this.#measured.get(key) === height) continue;
      this.#measured.set(key, height);
      changed = true;
    }
    if (changed) this.#place();
    return changed;
  }

  /** After a change of width every height is another one. */
  forgetMeasurements(): void {
    this.#measured.clear();
    this.#place();
  }

  indexOf(key: string): number | undefined {
    return this.#indexes.get(key);
  }

  topOf(index: number): number {
    return this.#offsets[Math.max(0, Math.min(index, this.#rows.length))] ?? 0;
  }

  /** The row that covers this distance from the top of the list. */
  indexAt(distance: number): number {
    let low = 0;
    let high = Math.max(0, this.#rows.length - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#offsets[middle] ?? 0) <= distance) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #place(): void {
    const offsets = new Float64Array(this.#rows.length + 1);
    let top = 0;
    for (const [index, row] of this.#rows.entries()) {
      offsets[index] = top;
      top += this.#measured.get(row.key) ?? this.#estimate(row);
    }
    offsets[this.#rows.length] = top;
    this.#offsets = offsets;
  }
}
