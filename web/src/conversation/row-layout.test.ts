import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RowLayout } from './row-layout.ts';
import { anchorAt, settledAnchor, topFor } from './scroll-anchor.ts';

type Row = { key: string; kind: 'message' | 'day' };

const HEIGHT = 600;
const row = (index: number, kind: Row['kind'] = 'message'): Row => ({ key: `${index}`, kind });
const rowsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => row(first + index));
const measured = (key: string, height = 50): [string, number] => [key, height];

function layoutOf(rows: Row[]): RowLayout<Row> {
  const layout = new RowLayout<Row>(() => 50);
  layout.setRows(rows);
  return layout;
}

describe('where rows stand', () => {
  test('is estimated until they are measured', () => {
    const layout = layoutOf(rowsFrom(0, 4));
    expect(layout.total).toBe(200);
    expect(layout.measure([['1', 80]])).toBe(true);
    expect(layout.measure([['1', 80]])).toBe(false);
    expect([layout.topOf(1), layout.topOf(2), layout.total]).toEqual([50, 130, 230]);
    expect([0, 49, 50, 129, 130, 1000].map((distance) => layout.indexAt(distance))).toEqual([
      0, 0, 1, 1, 2, 3,
    ]);
  });

  test('survives the row being moved by others above it', () => {
    const layout = layoutOf(rowsFrom(10, 3));
    layout.measure([['11', 90]]);
    layout.setRows(rowsFrom(5, 8));
    expect(layout.topOf((layout.indexOf('11') ?? 0) + 1) - layout.topOf(layout.indexOf('11') ?? 0)).toBe(90);
  });

  test('of an empty list is the top', () => {
    const layout = layoutOf([]);
    expect([layout.total, layout.indexAt(100), layout.topOf(3)]).toEqual([0, 0, 0]);
  });
});

test('what is looked at stays where it is, whatever is added above and below and however high it turns out', () => {
  const heights = fc.array(fc.integer({ min: 10, max: 300 }), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(
      heights,
      fc.nat(40),
      fc.nat(20),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (all, above, below, at) => {
        const rows = rowsFrom(100, 60);
        const layout = layoutOf(rows);
        layout.measure(rows.map(({ key }, index) => [key, all[index] ?? 50]));
        const top = at * Math.max(0, layout.total - HEIGHT);
        const anchor = anchorAt(top, HEIGHT, layout, rows);
        if (anchor.at === 'end') return;
        const distanceOf = (key: string, scrolled: number) =>
          layout.topOf(layout.indexOf(key) ?? 0) - scrolled;
        const before = distanceOf(anchor.key, topFor(anchor, HEIGHT, layout));

        const grown = [...rowsFrom(100 - above, above), ...rows, ...rowsFrom(160, below)];
        layout.setRows(grown);
        layout.measure(grown.slice(0, above).map(({ key }, index) => [key, all[index] ?? 70]));
        expect(distanceOf(anchor.key, topFor(anchor, HEIGHT, layout))).toBeCloseTo(before);
      },
    ),
  );
});

test('what is read stays where it is after a jump to the top over rows that were only estimated', () => {
  const heights = fc.array(fc.integer({ min: 10, max: 300 }), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(heights, fc.integer({ min: 1, max: 40 }), fc.nat(200), (all, above, top) => {
      const rows = [row(0, 'day'), ...rowsFrom(100, 60)];
      const layout = layoutOf(rows);
      const estimated = anchorAt(top, HEIGHT, layout, rows);
      layout.measure([['0', 20], ...rowsFrom(100, 60).map(({ key }, index) => measured(key, all[index]))]);
      const scrolled = topFor(estimated, HEIGHT, layout);
      const anchor = settledAnchor(estimated, HEIGHT, layout, rows);
      if (anchor.at === 'end') return;
      expect(topFor(anchor, HEIGHT, layout)).toBe(scrolled);

      const bottomOf = (key: string) => layout.topOf((layout.indexOf(key) ?? 0) + 1);
      const before = bottomOf(anchor.key) - scrolled;
      layout.setRows([row(0, 'day'), ...rowsFrom(100 - above, above), ...rows.slice(1)]);
      expect(bottomOf(anchor.key) - topFor(anchor, HEIGHT, layout)).toBeCloseTo(before);
    }),
  );
});

test('one who is at the end stays there, and a day is never what holds the list', () => {
  const rows = [row(0, 'day'), ...rowsFrom(1, 40)];
  const layout = layoutOf(rows);
  const end = anchorAt(layout.total - HEIGHT - 10, HEIGHT, layout, rows);
  expect(end).toEqual({ at: 'end' });
  layout.setRows([...rows, row(99)]);
  expect(topFor(end, HEIGHT, layout)).toBe(layout.total - HEIGHT);
  expect(anchorAt(0, HEIGHT, layout, rows)).toMatchObject({ at: 'row', key: '1' });
});
